import { guildOf } from '../gateway.ts'
import { ok, type Handler } from '../request.ts'
import type { RoutePattern } from '../route-patterns.ts'
import { channelTypes, type WireChannel, type WireCommand, type WireUser } from '../wire.ts'
import { ApiError, isThread, type Guild, type World } from '../world.ts'

export interface ApplicationRoutesOptions {
  readonly gatewayUrl: () => string
  readonly messageContent: boolean
}

/** The application itself: who it is, its commands, its servers. */
export function applicationRoutes(world: World, { gatewayUrl, messageContent }: ApplicationRoutesOptions) {
  const application = () => ({
    id: world.applicationId,
    name: 'LLMGA',
    icon: null,
    description: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags: messageContent ? 1 << 19 : 0,
    bot: world.bot,
  })
  const session = { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 }

  function setCommands(guildId: string, body: unknown) {
    const known = new Map(world.commands.get(guildId)?.map((command) => [command.name, command.id]))
    const commands = (body as Omit<WireCommand, 'id'>[]).map((command) => ({
      ...command,
      default_member_permissions: (command.default_member_permissions as string | null | undefined) ?? null,
      type: (command.type as number | undefined) ?? 1,
      id: known.get(command.name) ?? world.nextId(),
      application_id: world.applicationId,
      version: world.nextId(),
      ...(guildId && { guild_id: guildId }),
    }))
    world.commands.set(guildId, commands)
    return ok(commands)
  }

  function guildBy(id: string): Guild {
    const guild = world.guilds.get(id)
    if (!guild) throw new ApiError(404, 10004, 'Unknown Guild')
    return guild
  }

  /** A command as the list shows it: translations only where they are asked for. */
  function listed(guildId: string, query: URLSearchParams) {
    const { commands } = world
    const shown = (commands.get(guildId) ?? []).map(({ name_localizations, ...command }) =>
      query.get('with_localizations') === 'true'
        ? { ...command, name_localizations: name_localizations ?? null }
        : command,
    )
    return ok(shown)
  }

  return {
    'GET /gateway': () => ok({ url: gatewayUrl() }),
    'GET /gateway/bot': () => ok({ url: gatewayUrl(), shards: 1, session_start_limit: session }),
    'GET /users/@me': () => ok(world.bot),
    'PATCH /users/@me': () => ok(world.bot),
    'GET /users/{user_id}': ({ params }) => ok(userBy(world, params['user_id']!)),
    'POST /users/@me/channels': ({ body }) => {
      const user = userBy(world, (body as { recipient_id: string }).recipient_id)
      return ok(dmWith(world, user))
    },
    'GET /applications/@me': () => ok(application()),
    'GET /oauth2/applications/@me': () => ok(application()),
    'GET /applications/{application_id}/commands': ({ query }) => listed('', query),
    'PUT /applications/{application_id}/commands': ({ body }) => setCommands('', body),
    'GET /applications/{application_id}/guilds/{guild_id}/commands': ({ params, query }) =>
      listed(guildBy(params['guild_id']!).id, query),
    'PUT /applications/{application_id}/guilds/{guild_id}/commands': ({ params, body }) =>
      setCommands(guildBy(params['guild_id']!).id, body),
    'GET /guilds/{guild_id}': ({ params }) => ok(guildOf(world, guildBy(params['guild_id']!).id)),
    'GET /guilds/{guild_id}/channels': ({ params }) => {
      const { id } = guildBy(params['guild_id']!)
      return ok([...world.channels.values()].filter((channel) => channel.guild_id === id && !isThread(channel)))
    },
    'GET /guilds/{guild_id}/members/{user_id}': ({ params }) => {
      const member = guildBy(params['guild_id']!).members.get(params['user_id']!)
      if (!member) throw new ApiError(404, 10007, 'Unknown Member')
      return ok(member)
    },
    'GET /guilds/{guild_id}/threads/active': ({ params }) => {
      const { id } = guildBy(params['guild_id']!)
      const threads = [...world.channels.values()].filter((channel) => channel.guild_id === id && isThread(channel))
      return ok({ threads: threads.filter(({ thread_metadata }) => !thread_metadata!.archived), members: [] })
    },
  } satisfies Partial<Record<RoutePattern, Handler>>
}

function userBy(world: World, id: string): WireUser {
  const members = [...world.guilds.values()].flatMap(({ members }) => [...members.values()])
  const dms = [...world.channels.values()].flatMap(({ recipients = [] }) => recipients)
  const found = [world.bot, ...members.map(({ user }) => user), ...dms].find((user) => user.id === id)
  if (!found) throw new ApiError(404, 10013, 'Unknown User')
  return found
}

/** The channel between the bot and a person. */
export function dmWith(world: World, user: WireUser): WireChannel {
  const known = [...world.channels.values()].find(
    ({ type, recipients }) => type === channelTypes.dm && recipients?.[0]?.id === user.id,
  )
  if (known) return known
  const dm: WireChannel = { id: world.nextId(), type: channelTypes.dm, name: null, recipients: [user], flags: 0 }
  world.channels.set(dm.id, dm)
  return dm
}
