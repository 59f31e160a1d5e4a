import { App, type Receiver } from '@slack/bolt'
import type { AdapterLog } from '../chat/log.ts'
import { controlForm, receiveAction, receiveControlForm, type SentForm } from './actions.ts'
import { receivePane, receivePaneContext } from './assistant.ts'
import { ownActions } from './blocks.ts'
import { commandName, receiveCommand } from './commands.ts'
import type { Identity } from './connection.ts'
import type { SlackContext } from './context.ts'
import { ownViews, type FormState } from './modals.ts'
import type { SlackOptions, SlackTiming } from './options.ts'
import { receiveMessage } from './receive.ts'
import {
  receiveGlobalShortcut,
  receiveMessageShortcut,
  receiveNewForm,
  receivePictureForm,
  shortcutForms,
  shortcutIds,
} from './shortcuts.ts'
import { clientOptions } from './web-client.ts'

interface BoltTools {
  readonly options: SlackOptions
  readonly timing: SlackTiming
  readonly log: AdapterLog
  readonly receiver: Receiver
  readonly identity: () => Identity
}

/** Bolt, without its own sign-in: whom the token belongs to is asked by the connection, which goes on trying. */
export function createBolt({ options, timing, log, receiver, identity }: BoltTools): App {
  const app = new App({
    receiver,
    authorize: async () => {
      const { teamId, botUserId, botId } = identity()
      return { botToken: options.botToken, teamId, botUserId, botId }
    },
    clientOptions: clientOptions(options, timing, log),
    logger: clientOptions(options, timing, log).logger,
    convoStore: false,
    ignoreSelf: true,
  })
  app.error(async (error) => log.error({ err: error }, 'an event of Slack could not be handled'))
  return app
}

/** Events that the bot listens to, as the manifest names their kinds. */
export const eventNames = [
  'app_mention',
  'message',
  'assistant_thread_started',
  'assistant_thread_context_changed',
] as const

const forms: Readonly<Record<string, (context: SlackContext, form: SentForm) => Promise<void>>> = {
  [controlForm]: receiveControlForm,
  [shortcutForms.picture]: receivePictureForm,
  [shortcutForms.create]: receiveNewForm,
}

/** Hands on what comes in. Everything is acknowledged before anything is done about it (events by Bolt itself). */
export function listen(app: App, context: SlackContext): void {
  const [mention, message, paneStarted, paneChanged] = eventNames
  app.event(mention, ({ event }) => receiveMessage(context, event))
  app.event(message, ({ event }) => receiveMessage(context, event))
  app.event(paneStarted, ({ event }) => receivePane(context, event))
  app.event(paneChanged, ({ event }) => receivePaneContext(context, event))
  app.command(commandName, async ({ ack, body }) => {
    await ack()
    await receiveCommand(context, body)
  })
  for (const callbackId of [shortcutIds.edit, shortcutIds.ask])
    app.shortcut(callbackId, async ({ ack, body }) => {
      await ack()
      await receiveMessageShortcut(context, body)
    })
  app.shortcut(shortcutIds.create, async ({ ack, body }) => {
    await ack()
    await receiveGlobalShortcut(context, body)
  })
  app.action(ownActions, async ({ ack, body }) => {
    await ack()
    await receiveAction(context, body)
  })
  app.view(ownViews, async ({ ack, body, view }) => {
    await ack()
    const metadata = jsonOf(view.private_metadata)
    const form = { userId: body.user.id, viewId: view.id, metadata, state: view.state.values as FormState }
    await forms[view.callback_id]?.(context, form)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
