import { setTimeout as sleep } from 'node:timers/promises'
import { DiscordAPIError, type Message, type PartialMessage } from 'discord.js'
import type { Bot, Notes } from '../../src/contract/adapter.ts'
import type { Attachment, IncomingMessage } from '../../src/contract/incoming.ts'
import { languageOf, languageOfWords, type Language } from '../../src/contract/language.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import type { AdapterLog } from '../chat/log.ts'
import type { Poster } from '../chat/poster.ts'
import { isAllowed } from './access.ts'
import { answerMessages, answerTo, noteAnswer, refusalOf, type Answer } from './answers.ts'
import type { Destinations } from './destinations.ts'
import type { DiscordOptions } from './options.ts'
import { attachmentOf, attachmentOfLink, picturesShown } from './pictures-in.ts'
import { authorOf, isOpenChannel, keyOfRoot, keyOfSpot, placeOf, rolesOfMember, spotOf, type Spot } from './spot.ts'
import { wordsOfContent } from './words-in.ts'

export interface ReceiveTools {
  readonly options: DiscordOptions
  readonly bot: Bot
  readonly poster: Poster
  readonly destinations: Destinations
  readonly notes: Notes
  readonly log: AdapterLog
}

/** Messages whose conversation is remembered, in case they are edited or deleted. */
const remembered = 2000

/** Takes messages from Discord to the bot. */
export function createReceiver(tools: ReceiveTools) {
  const { options, bot, log } = tools
  const keys = new Map<string, ThreadKey>()

  function remember(messageId: string, key: ThreadKey): void {
    keys.set(messageId, key)
    const oldest = keys.keys().next()
    if (keys.size > remembered && !oldest.done) keys.delete(oldest.value)
  }

  async function take(message: Message): Promise<void> {
    const botId = message.client.user.id
    if (message.author.bot || message.webhookId !== null || message.system) return
    if (!isMention(message, botId) && message.guildId !== null && !isPlainWord(message)) return
    const spot = await spotOf(message.client, message)
    if (!isForBot(message, spot, botId)) return
    if (!isAllowed(options, placeOf(spot, rolesOfMember(message.member)))) return
    const key = await keyOfMessage(tools, message, spot, botId)
    remember(message.id, key)
    const incoming = await incomingOf(tools, message, key)
    const language = languageOfWords(incoming.text) ?? languageOf(incoming.locale) ?? 'en'
    const answer = await handed(bot, incoming, language, log)
    if (answer) await say(tools, message, key, answer)
  }

  return {
    take,
    /** The message was edited or deleted: what it asked for is cancelled while it waits. */
    async revoke(message: Message | PartialMessage): Promise<void> {
      const key = keys.get(message.id)
      if (!key && message.author?.bot === true) return
      const guess = async () => {
        const spot = await spotOf(message.client, message)
        return isOpenChannel(spot) ? keyOfRoot(spot, message.id) : keyOfSpot(spot)
      }
      await bot.revoke(key ?? (await guess()), message.id)
    },
  }
}

const isMention = ({ mentions }: Message, botId: string): boolean =>
  mentions.users.has(botId) || mentions.repliedUser?.id === botId

/** Something to read, in a thread: without the Message Content intent there is nothing in such messages. */
const isPlainWord = ({ content, attachments, channel }: Message): boolean =>
  (content !== '' || attachments.size > 0) && channel.isThread()

/** Mentions, replies to the bot, direct messages, and what is said in the bot's own threads but to somebody else. */
function isForBot(message: Message, { guildId, threadOwnerId }: Spot, botId: string): boolean {
  if (guildId === undefined || isMention(message, botId)) return true
  return threadOwnerId === botId && !/^\s*<@!?\d+>/.test(message.content)
}

/** A message in a server's channel begins a conversation, unless it answers one that goes on there. */
async function keyOfMessage(
  { bot, destinations }: ReceiveTools,
  message: Message,
  spot: Spot,
  botId: string,
): Promise<ThreadKey> {
  if (!isOpenChannel(spot)) return keyOfSpot(spot)
  const answeredId = message.reference?.messageId
  const placed = answeredId === undefined ? undefined : await destinations.keyAt(answeredId)
  if (placed) return placed
  if (answeredId !== undefined && message.mentions.repliedUser?.id === botId) {
    const begun = keyOfRoot(spot, answeredId) // where the bot's own message began a thread
    if (await bot.readThread(begun, authorOf(message))) return begun
  }
  const key = keyOfRoot(spot, message.id)
  destinations.begun(key)
  return key
}

async function incomingOf(tools: ReceiveTools, message: Message, key: ThreadKey): Promise<IncomingMessage> {
  const { cdnUrl } = tools.options
  const { text, links } = wordsOfContent(message.content, {
    botId: message.client.user.id,
    cdnUrl,
    names: namesIn(message),
  })
  const answered = await answeredPicture(tools, message, key)
  const locale = message.guild?.preferredLocale
  return {
    type: 'message',
    key,
    eventId: message.id,
    author: authorOf(message),
    text,
    attachments: [
      ...answered.attachments,
      ...[...message.attachments.values()].map(attachmentOf),
      ...links.map(attachmentOfLink),
    ],
    ...(answered.imageId === undefined ? {} : { replyToImageId: answered.imageId }),
    ...(locale === undefined ? {} : { locale }),
    receivedAt: message.createdTimestamp,
  }
}

/** Names of everybody and everything that a message mentions, by id. */
const namesIn = ({ mentions }: Message): ReadonlyMap<string, string> =>
  new Map([
    ...mentions.users.map((user): [string, string] => [
      user.id,
      mentions.members?.get(user.id)?.displayName ?? user.displayName,
    ]),
    ...mentions.roles.map((role): [string, string] => [role.id, role.name]),
    ...mentions.channels.map((channel): [string, string] => [
      channel.id,
      'name' in channel ? (channel.name ?? '') : '',
    ]),
  ])

interface AnsweredPicture {
  readonly imageId?: string
  readonly attachments: readonly Attachment[]
}

/** The picture that a message answers: one of this conversation, or what another message shows. */
async function answeredPicture(
  { poster, options }: ReceiveTools,
  message: Message,
  key: ThreadKey,
): Promise<AnsweredPicture> {
  const id = message.reference?.messageId
  if (id === undefined || message.reference?.channelId !== message.channelId) return { attachments: [] }
  const isHere = key.threadId !== message.id
  const [imageId] = isHere ? await poster.imagesShownBy(message.channelId, id) : []
  if (imageId !== undefined) return { imageId, attachments: [] }
  const answered = await message.fetchReference().catch(() => undefined)
  return { attachments: answered ? picturesShown(answered, options.cdnUrl) : [] }
}

/** Hands an event to the bot. Returns what is to be said about it at once. */
export async function handed(
  bot: Bot,
  incoming: Parameters<Bot['handle']>[0],
  language: Language,
  log: AdapterLog,
): Promise<Answer | undefined> {
  try {
    return answerTo(await bot.handle(incoming), language)
  } catch (error) {
    log.debug({ err: error, event: incoming.eventId }, 'an event was refused')
    return refusalOf(error, language)
  }
}

/** Waits before an answer is sent again whose connection broke, in milliseconds. */
const againMs = [1000, 4000] as const

/** Does what may fail for a moment, up to three times. Throws what the last try threw. */
async function insist<T>(action: () => Promise<T>): Promise<T> {
  for (const ms of againMs) {
    try {
      return await action()
    } catch (error) {
      if (error instanceof DiscordAPIError) throw error // Discord has answered, and does not want it
    }
    await sleep(ms)
  }
  return action()
}

/** Answers a message in its own place: outside interactions Discord has nothing for one person's eyes. */
async function say({ notes }: ReceiveTools, message: Message, key: ThreadKey, answer: Answer): Promise<void> {
  for (const [index, { content, components, files, allowedMentions }] of answerMessages(answer).entries()) {
    const nonce = `${message.id}${index}` // a repeat is dropped by it
    const body = { content, components, files, allowedMentions, failIfNotExists: false, nonce, enforceNonce: true }
    const sent = await insist(() => message.reply(body))
    if (components.length > 0) await noteAnswer(notes, sent.id, { key, controls: answer.controls ?? [] })
  }
}
