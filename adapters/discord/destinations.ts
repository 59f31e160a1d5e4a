import { RESTJSONErrorCodes, Routes, type REST } from 'discord.js'
import type { Bot, Notes } from '../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import type { AdapterLog } from '../chat/log.ts'
import { shortened } from './components.ts'
import { discordLimits } from './options.ts'
import { asSurfaceError, discordCode, statusOf } from './rest-errors.ts'

/** Where a message of a reply goes. */
export interface Destination {
  readonly channelId: string
  /** The message that it answers, where there is no thread to post in. */
  readonly replyTo?: string
}

/** Finds the place of a conversation, and makes its thread when the first reply is posted. */
export interface Destinations {
  /** A conversation begins at this message: it has no thread yet. */
  begun(key: ThreadKey): void
  of(message: OutgoingMessage): Promise<Destination>
  /** Makes the thread, or gives the place beside it where threads cannot be made. Throws SurfaceError. */
  open(message: OutgoingMessage): Promise<Destination>
  /** Writes down that a message outside its thread belongs to a conversation. */
  placed(key: ThreadKey, destination: Destination, messageId: string): Promise<void>
  /** The conversation of a message outside its thread. */
  keyAt(messageId: string): Promise<ThreadKey | undefined>
}

export interface DestinationTools {
  readonly rest: REST
  readonly bot: Bot
  readonly notes: Notes
  readonly log: AdapterLog
}

/** Minutes after which a quiet thread leaves the list of threads: Discord's own default. */
const archiveMinutes = 1440

const outsideKey = (threadId: string): string => `outside:${threadId}`
const placedKey = (messageId: string): string => `placed:${messageId}`

export function createDestinations({ rest, bot, notes, log }: DestinationTools): Destinations {
  const beginning = new Set<string>()
  const opening = new Map<string, Promise<Destination>>()

  const inThread = ({ threadId }: ThreadKey): Destination => ({ channelId: threadId })
  const outside = ({ channelId, threadId }: ThreadKey): Destination => ({ channelId, replyTo: threadId })

  async function titleOf({ key, author }: OutgoingMessage): Promise<string> {
    const title = (await bot.readThread(key, author))?.state.title.replaceAll(/\s+/g, ' ').trim()
    return shortened(title || author.name || 'llmga', discordLimits.threadName)
  }

  async function makeThread(message: OutgoingMessage): Promise<Destination> {
    const { channelId, threadId } = message.key
    const body = { name: await titleOf(message), auto_archive_duration: archiveMinutes }
    try {
      await rest.post(Routes.threads(channelId, threadId), { body })
      return inThread(message.key)
    } catch (error) {
      if (discordCode(error) === RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage) return inThread(message.key)
      if (!isRefusal(error)) throw asSurfaceError(error)
      log.info(
        { channel: channelId, code: discordCode(error) },
        'no thread can be made there; the answer is a plain reply',
      )
      await notes.set(outsideKey(threadId), true)
      return outside(message.key)
    }
  }

  async function open(message: OutgoingMessage): Promise<Destination> {
    const { threadId } = message.key
    const running = opening.get(threadId) ?? makeThread(message)
    opening.set(threadId, running)
    try {
      const destination = await running
      beginning.delete(threadId)
      return destination
    } finally {
      opening.delete(threadId)
    }
  }

  return {
    begun: ({ threadId }) => void beginning.add(threadId),
    async of(message) {
      const { key } = message
      if (key.threadId === '') return { channelId: key.channelId }
      if ((await notes.get(outsideKey(key.threadId))) === true) return outside(key)
      return beginning.has(key.threadId) ? open(message) : inThread(key)
    },
    open,
    async placed(key, { replyTo }, messageId) {
      if (replyTo !== undefined) await notes.set(placedKey(messageId), key)
    },
    keyAt: async (messageId) => (await notes.get(placedKey(messageId))) as ThreadKey | undefined,
  }
}

/** The channel has no threads, or the bot may not make them: not that the message is gone or Discord is in trouble. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  return status >= 400 && status < 500 && ![401, 404, 429].includes(status)
}
