import type { JsonObject } from './json.ts'
import { createDelivery, type Delivery } from './socket-mode.ts'
import type { SlackChannel, SlackMessage, SlackState, SlackUser } from './state.ts'
import { makeResponseUrl } from './response-url.ts'
import { messageToSlack } from './messages.ts'
import type { MethodContext } from './methods.ts'

/** An event in the envelope of the Events API. */
export function eventDelivery(state: SlackState, teamId: string, event: JsonObject): Delivery {
  const who = { team_id: teamId, user_id: state.botUserId, is_bot: true, is_enterprise_install: false }
  return createDelivery('events_api', {
    type: 'event_callback',
    token: 'unused',
    team_id: teamId,
    context_team_id: teamId,
    context_enterprise_id: null,
    api_app_id: state.appId,
    event_id: state.id('Ev'),
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [{ enterprise_id: null, ...who }],
    is_ext_shared_channel: false,
    event,
  })
}

export function makeTrigger(state: SlackState, user: SlackUser): string {
  const id = `${state.id('t')}.${user.id}`
  state.triggers.set(id, { userId: user.id, teamId: user.teamId, madeAt: Date.now() })
  return id
}

export function slashDelivery(context: MethodContext, user: SlackUser, channel: SlackChannel, text: string): Delivery {
  const { state, base } = context
  const team = state.teams.get(user.teamId)!
  const address = { userId: user.id, channel: channel.id, threadTs: undefined, messageTs: undefined }
  return createDelivery('slash_commands', {
    token: 'unused',
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channel.id,
    channel_name: channel.kind === 'im' ? 'directmessage' : channel.name,
    user_id: user.id,
    user_name: user.name.toLowerCase(),
    command: '/llmga',
    text,
    api_app_id: state.appId,
    is_enterprise_install: 'false',
    response_url: makeResponseUrl(state, base, address),
    trigger_id: makeTrigger(state, user),
  })
}

/** What every interaction says of the person and the message. */
function interaction(context: MethodContext, user: SlackUser, message: SlackMessage): JsonObject {
  const { state, base } = context
  const channel = state.channels.get(message.channel)!
  const team = state.teams.get(channel.teamId)!
  const address = { userId: user.id, channel: channel.id, threadTs: message.threadTs, messageTs: message.ts }
  return {
    user: { id: user.id, username: user.name.toLowerCase(), name: user.name.toLowerCase(), team_id: user.teamId },
    api_app_id: state.appId,
    token: 'unused',
    trigger_id: makeTrigger(state, user),
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel.id, name: channel.kind === 'im' ? 'directmessage' : channel.name },
    response_url: makeResponseUrl(state, base, address),
  }
}

/** A button or a menu of a message, used. The message of an ephemeral one is not told. */
export function actionDelivery(
  context: MethodContext,
  user: SlackUser,
  message: SlackMessage,
  action: JsonObject,
): Delivery {
  const isEphemeral = message.onlyFor !== undefined
  return createDelivery('interactive', {
    type: 'block_actions',
    ...interaction(context, user, message),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: isEphemeral,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    ...(isEphemeral ? {} : { message: messageToSlack(message, context, false) }),
    state: { values: {} },
    actions: [{ ...action, action_ts: context.state.ts() }],
  })
}

export function shortcutDelivery(
  context: MethodContext,
  user: SlackUser,
  message: SlackMessage,
  callbackId: string,
): Delivery {
  return createDelivery('interactive', {
    type: 'message_action',
    callback_id: callbackId,
    ...interaction(context, user, message),
    message_ts: message.ts,
    action_ts: context.state.ts(),
    message: messageToSlack(message, context, false),
  })
}

export function globalShortcutDelivery(context: MethodContext, user: SlackUser, callbackId: string): Delivery {
  const { state } = context
  const team = state.teams.get(user.teamId)!
  return createDelivery('interactive', {
    type: 'shortcut',
    callback_id: callbackId,
    team: { id: team.id, domain: team.domain },
    user: { id: user.id, username: user.name.toLowerCase(), name: user.name.toLowerCase(), team_id: user.teamId },
    token: 'unused',
    trigger_id: makeTrigger(state, user),
    action_ts: state.ts(),
    enterprise: null,
    is_enterprise_install: false,
  })
}

export function viewDelivery(
  context: MethodContext,
  user: SlackUser,
  type: 'view_submission' | 'view_closed' | 'block_actions',
  view: JsonObject,
  more: JsonObject = {},
): Delivery {
  const { state } = context
  const team = state.teams.get(user.teamId)!
  return createDelivery('interactive', {
    type,
    team: { id: team.id, domain: team.domain },
    user: { id: user.id, username: user.name.toLowerCase(), name: user.name.toLowerCase(), team_id: user.teamId },
    api_app_id: state.appId,
    token: 'unused',
    trigger_id: makeTrigger(state, user),
    view,
    enterprise: null,
    is_enterprise_install: false,
    ...(type === 'view_submission' ? { response_urls: [] } : {}),
    ...more,
  })
}
