import { Events, type Client } from 'discord.js'
import type { Adapter, Bot, Capabilities } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { AdapterLog } from '../chat/log.ts'
import { createPoster, type Poster } from '../chat/poster.ts'
import { createRest } from './client.ts'
import { connect, type Connection } from './connection.ts'
import { createDestinations } from './destinations.ts'
import { download } from './download.ts'
import { createInteractions } from './interactions.ts'
import { discordLimits, usualTiming, type DiscordOptions } from './options.ts'
import { createReceiver } from './receive.ts'
import { createSurface } from './send.ts'
import { createUploadLimits, usualFileLimit } from './upload-limits.ts'

export const discordCapabilities: Capabilities = {
  textLimit: discordLimits.text,
  fileLimitBytes: usualFileLimit,
  streaming: true,
  modals: true,
  ephemeral: true,
  shared: true,
  spoilers: true,
}

/** What runs between start and stop. */
interface Running {
  readonly connection: Connection
  readonly poster: Poster
}

/** Discord: receives and posts; what is meant and what happens is the bot's. */
export function createDiscordAdapter(options: DiscordOptions, log: AdapterLog): Adapter {
  const timing = options.timing ?? usualTiming
  const handling = new Set<Promise<void>>()
  let running: Running | undefined

  /** Follows an event to its end; an error of one event ends nothing but itself. */
  function follow(what: string, work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => log.error({ err: error }, `Discord: ${what} could not be handled`))
      .finally(() => handling.delete(done))
    handling.add(done)
  }

  function begin(bot: Bot): Running {
    const rest = createRest(options, timing, log)
    const notes = bot.notes('discord')
    const client = () => running?.connection.client()
    const destinations = createDestinations({ rest, bot, notes, log })
    const limits = createUploadLimits((guildId) => client()?.guilds.cache.get(guildId)?.premiumTier)
    const botId = () => client()?.user?.id
    const surface = createSurface({ rest, bot, notes, destinations, limits, previewMs: timing.previewMs, botId })
    const poster = createPoster({ surface, notes, log, intervalMs: timing.editMs })
    const tools = { options, bot, poster, destinations, notes, log, limits }
    const receiver = createReceiver(tools)
    const interact = createInteractions(tools)
    const listen = (current: Client): void => {
      current.on(Events.ClientReady, () => void rest.setToken(options.token)) // a refusal takes it away
      current.on(Events.MessageCreate, (message) => follow('a message', receiver.take(message)))
      current.on(Events.MessageUpdate, (before, after) => {
        if (isEdit(before.content, after.content, after.editedTimestamp)) follow('an edit', receiver.revoke(after))
      })
      current.on(Events.MessageDelete, (message) => follow('a deletion', receiver.revoke(message)))
      current.on(Events.MessageBulkDelete, (messages) => {
        for (const message of messages.values()) follow('a deletion', receiver.revoke(message))
      })
      current.on(Events.InteractionCreate, (interaction) => follow('an interaction', interact(interaction)))
    }
    return { connection: connect({ options, timing, log, prepare: listen }), poster }
  }

  return {
    platform: 'discord',
    capabilities: discordCapabilities,
    async start(bot) {
      running = begin(bot)
    },
    async render(message) {
      if (!running) throw new AppError('internal', { message: 'the Discord adapter is not started', retryable: true })
      await running.poster.render(message)
    },
    async stop() {
      await running?.connection.stop()
      await Promise.all(handling)
      await running?.poster.stop()
    },
    status: () => running?.connection.status() ?? { state: 'stopped', since: 0 },
    download: (url, limitBytes, signal) => download(url, limitBytes, signal, options.cdnUrl),
  }
}

/** An edit by its author: Discord also tells when a link in a message was unfolded, which changes no word. */
const isEdit = (before: string | null, after: string | null, editedAt: number | null): boolean =>
  editedAt !== null && (before === null || before !== after)
