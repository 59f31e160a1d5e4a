import { Client, GatewayIntentBits, Options, Partials, REST, type RESTOptions } from 'discord.js'
import type { AdapterLog } from '../chat/log.ts'
import { apiVersion, type DiscordOptions, type DiscordTiming } from './options.ts'

const restOptions = ({ apiUrl, cdnUrl }: DiscordOptions, { requestMs }: DiscordTiming): Partial<RESTOptions> => ({
  api: apiUrl,
  cdn: cdnUrl,
  version: apiVersion,
  timeout: requestMs,
})

/** What a request says about itself in logs: its route as a pattern, so that no interaction's token is in it. */
export function createRest(options: DiscordOptions, timing: DiscordTiming, log: AdapterLog): REST {
  const rest = new REST(restOptions(options, timing)).setToken(options.token)
  watchLimits(rest, log)
  return rest
}

function watchLimits(rest: REST, log: AdapterLog): void {
  rest.on('rateLimited', ({ route, global, timeToReset, scope }) =>
    log.debug({ route, global, waitMs: timeToReset, scope }, 'Discord asks to wait'),
  )
  rest.on('invalidRequestWarning', ({ count, remainingTime }) =>
    log.warn(
      { count, windowMs: remainingTime },
      'Discord refused many requests: at 10000 in 10 minutes it shuts us out',
    ),
  )
}

/** discord.js's client with what the adapter needs, and small caches: nothing that grows with time. */
export function createClient(
  options: DiscordOptions,
  timing: DiscordTiming,
  log: AdapterLog,
  { messageContent }: { readonly messageContent: boolean },
): Client {
  const client: Client = new Client({
    intents: [
      ...[GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
      ...(messageContent ? [GatewayIntentBits.MessageContent] : []),
    ],
    partials: [Partials.Channel, Partials.Message],
    allowedMentions: { parse: [], repliedUser: false },
    rest: restOptions(options, timing),
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 50,
      ReactionManager: 0,
      GuildMemberManager: { maxSize: 200, keepOverLimit: (member) => member.id === client.user?.id },
      UserManager: { maxSize: 1000, keepOverLimit: (user) => user.id === client.user?.id },
    }),
    // messages are kept for each thread, and threads come without end
    sweepers: { ...Options.DefaultSweeperSettings, messages: { interval: 300, lifetime: 900 } },
  })
  watchLimits(client.rest, log)
  client.on('error', (error) => log.warn({ err: error }, 'Discord: an error of the connection'))
  client.on('shardError', (error, shard) => log.debug({ err: error, shard }, 'Discord: a shard lost its connection'))
  client.on('invalidated', () => log.warn({}, 'Discord ended the session'))
  return client
}
