import type { DiscordOptions } from '../../../../adapters/discord/options.ts'
import { registerCommands } from '../../../../adapters/discord/register.ts'
import type { BotOptions } from '../../../../src/bot/context.ts'
import { createStores, type Stores } from '../../../../src/conversation/stores.ts'
import {
  createDiscord,
  type Discord,
  type DiscordOptions as StandInOptions,
} from '../../../stand-ins/discord/discord.ts'
import type { Person } from '../../../stand-ins/discord/person.ts'
import { allComponents } from '../../../stand-ins/discord/message-rules.ts'
import { componentTypes, type WireChannel } from '../../../stand-ins/discord/wire.ts'
import type { Guild, StoredMessage } from '../../../stand-ins/discord/world.ts'
import { until } from '../../../support/bot-harness.ts'
import type { Script } from '../../../support/scripted-inference.ts'
import { startBot, type RunningBot } from './start-bot.ts'

/** A server with a channel and a person in it, and the bot at work there. */
export interface DiscordStory {
  readonly discord: Discord
  readonly stores: Stores
  readonly guild: Guild
  readonly channel: WireChannel
  readonly alice: Person
  readonly running: () => RunningBot
  /** Every line of the log. */
  readonly log: () => string
  /** What the bot is called in a message. */
  readonly mention: string
  /** Stops the bot, and starts it on the same stores. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface StoryOptions {
  readonly script?: Script
  readonly standIn?: StandInOptions
  readonly adapter?: Partial<DiscordOptions>
  readonly bot?: Partial<Omit<BotOptions, 'inference' | 'stores'>>
}

export async function tellDiscordStory(options: StoryOptions = {}): Promise<DiscordStory> {
  const discord = await createDiscord(options.standIn)
  const guild = discord.addGuild('Home')
  const channel = discord.addChannel(guild, 'art')
  const alice = discord.addPerson('Alice', guild)
  await registerCommands(discord)
  const stores = await createStores({ memory: true })
  const lines: string[] = []
  const { script, adapter, bot } = options
  const start = () => startBot({ stores, discord, script, adapter, bot, log: (line) => void lines.push(line) })
  let running = await start()
  await until(() => running.adapter.status?.().state === 'connected', limitMs)
  return {
    discord,
    stores,
    guild,
    channel,
    alice,
    running: () => running,
    log: () => lines.join(''),
    mention: `<@${discord.world.bot.id}>`,
    async restart() {
      await running.stop()
      running = await start()
      await until(() => running.adapter.status?.().state === 'connected', limitMs)
    },
    async stop() {
      await running.stop()
      await discord.stop()
    },
  }
}

/** Generous: other tests run beside. */
export const limitMs = 55_000

/** Labels of the buttons and of the menus' entries that a message offers. */
export const offered = ({ wire }: StoredMessage): readonly string[] =>
  allComponents(wire.components).flatMap(({ type, label = '', options = [] }) =>
    type === componentTypes.button ? [label] : options.map((option) => option.label),
  )

export const contentsOf = (messages: readonly StoredMessage[]) => messages.map(({ wire }) => wire.content)
export const attachmentsOf = (messages: readonly StoredMessage[]) => messages.flatMap(({ wire }) => wire.attachments)

/** Whether a reply is at its end: it is there, shows no progress, and what can still be cancelled is nothing. */
const isEnded = (replies: readonly StoredMessage[]): boolean =>
  replies.length > 0 &&
  replies.every((reply) => !offered(reply).includes('Cancel')) &&
  offered(replies.at(-1)!).length > 0

/** The thread of a message, once it was opened. */
export async function threadOf({ discord }: Pick<DiscordStory, 'discord'>, message: StoredMessage) {
  await until(() => discord.threadOf(message) !== undefined, limitMs)
  return discord.threadOf(message)!
}

/** The bot's messages in a place once all has ended there and at least `pictures` pictures are shown. */
export async function answeredIn(
  { discord }: Pick<DiscordStory, 'discord'>,
  channel: WireChannel,
  pictures = 1,
): Promise<readonly StoredMessage[]> {
  const replies = () => discord.repliesIn(channel)
  await until(() => isEnded(replies()) && attachmentsOf(replies()).length >= pictures, limitMs)
  return replies()
}

/** Asks the bot for something by naming it, and waits for the end of the thread that it opens. */
export async function ask(story: DiscordStory, text: string, person = story.alice, channel = story.channel) {
  const root = person.say(channel, `${story.mention} ${text}`)
  const thread = await threadOf(story, root)
  return { root, thread, replies: await answeredIn(story, thread) }
}
