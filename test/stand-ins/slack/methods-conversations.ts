import { SlackRefusal, textArg, type Args, type JsonObject } from './json.ts'
import { channelOf, messageToSlack } from './messages.ts'
import type { Method, MethodContext } from './methods.ts'
import { directChannel, type SlackMessage, type SlackState, type SlackUser } from './state.ts'

/** Who and where: people, teams, channels, and what was said in them. */
export const conversationMethods: Readonly<Record<string, Method>> = {
  'auth.test'(_, { state, base }) {
    const [team] = state.teams.values()
    const who = { user: 'llmga', user_id: state.botUserId, bot_id: state.botId, is_enterprise_install: false }
    return { url: `${base}/`, team: team!.name, team_id: team!.id, ...who }
  },
  'users.info'(args, { state }) {
    const user = userOf(state, textArg(args, 'user'))
    return { user: userToSlack(user, ['true', '1'].includes(textArg(args, 'include_locale') ?? '')) }
  },
  'team.info'(args, { state }) {
    const team =
      textArg(args, 'team') === undefined ? [...state.teams.values()][0] : state.teams.get(textArg(args, 'team')!)
    if (!team) throw new SlackRefusal('team_not_found')
    return { team: { ...team, email_domain: '', icon: {} } }
  },
  'bots.info'(args, { state }) {
    if (textArg(args, 'bot') !== state.botId) throw new SlackRefusal('bot_not_found')
    const { botId, appId, botUserId } = state
    return { bot: { id: botId, app_id: appId, user_id: botUserId, name: 'llmga', deleted: false, icons: {} } }
  },
  'conversations.info'(args, { state }) {
    const channel = state.channels.get(textArg(args, 'channel') ?? '')
    if (!channel) throw new SlackRefusal('channel_not_found')
    const { id, name, kind, members, teamId } = channel
    const flags = { is_channel: kind === 'channel', is_im: kind === 'im', is_private: kind !== 'channel' }
    const rest = { is_member: members.has(state.botUserId), is_archived: false, context_team_id: teamId }
    return { channel: { id, name, ...flags, ...rest, num_members: members.size } }
  },
  'conversations.members'(args, { state }) {
    return { members: [...channelOf(state, args).members], response_metadata: { next_cursor: '' } }
  },
  'conversations.open'(args, { state }) {
    const channel = directChannel(state, userOf(state, textArg(args, 'users')))
    return { no_op: false, already_open: true, channel: { id: channel.id } }
  },
  'conversations.replies'(args, context) {
    const channel = channelOf(context.state, args)
    const ts = textArg(args, 'ts')
    const seen = visibleIn(context.state, channel.id).filter((message) => message.ts === ts || message.threadTs === ts)
    if (seen.length === 0) throw new SlackRefusal('thread_not_found')
    return page(seen, args, context)
  },
  'conversations.history'(args, context) {
    const channel = channelOf(context.state, args)
    const roots = visibleIn(context.state, channel.id).filter(({ threadTs }) => threadTs === undefined)
    return page(roots.toReversed(), args, context)
  },
}

const visibleIn = (state: SlackState, channelId: string): readonly SlackMessage[] =>
  state.messages.filter(({ channel, deleted, onlyFor }) => channel === channelId && !deleted && onlyFor === undefined)

/** One page of messages; metadata only for those who ask for it. The cursor counts messages. */
function page(messages: readonly SlackMessage[], args: Args, context: MethodContext): JsonObject {
  const from = Number(textArg(args, 'cursor') ?? 0)
  const limit = Math.min(Number(textArg(args, 'limit') ?? 100), 1000)
  const oldest = Number(textArg(args, 'oldest') ?? 0)
  const latest = Number(textArg(args, 'latest') ?? Infinity)
  const inclusive = textArg(args, 'inclusive') === 'true'
  const withMetadata = ['true', '1'].includes(textArg(args, 'include_all_metadata') ?? '')
  const wanted = messages.filter(({ ts }) =>
    inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest,
  )
  const shown = wanted.slice(from, from + limit)
  const more = from + limit < wanted.length
  return {
    messages: shown.map((message) => messageToSlack(message, context, withMetadata)),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  }
}

function userOf(state: SlackState, id: string | undefined): SlackUser {
  const user = state.users.get(id ?? '')
  if (!user) throw new SlackRefusal('user_not_found')
  return user
}

const userToSlack = (user: SlackUser, withLocale: boolean): JsonObject => ({
  id: user.id,
  team_id: user.teamId,
  name: user.name.toLowerCase(),
  real_name: user.name,
  deleted: false,
  is_bot: user.isBot,
  is_admin: user.isAdmin,
  is_owner: false,
  profile: { display_name: user.name, real_name: user.name, team: user.teamId },
  ...(withLocale ? { locale: user.locale } : {}),
})
