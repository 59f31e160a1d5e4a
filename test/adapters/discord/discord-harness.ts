import { createDiscordAdapter } from '../../../adapters/discord/adapter.ts'
import type { DiscordOptions } from '../../../adapters/discord/options.ts'
import type { AdapterLog } from '../../../adapters/chat/log.ts'
import type { OutgoingMessage, Part } from '../../../src/contract/outgoing.ts'
import type { Incoming } from '../../../src/contract/incoming.ts'
import { recordingBot, type RecordingBot } from '../../contracts/recording-bot.ts'
import { createDiscord, type Discord, type DiscordOptions as StandInOptions } from '../../stand-ins/discord/discord.ts'
import { allComponents } from '../../stand-ins/discord/message-rules.ts'
import { componentTypes } from '../../stand-ins/discord/wire.ts'
import type { StoredMessage } from '../../stand-ins/discord/world.ts'
import { until } from '../../support/bot-harness.ts'

/** How long a condition may take on a slow machine. */
export const limitMs = 20_000
export const soon = (condition: () => boolean) => until(condition, limitMs)

/** A log that keeps its lines. */
export function keepLines() {
  const lines: string[] = []
  const line = (fields: object, message: string) =>
    void lines.push(
      `${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`,
    )
  const log: AdapterLog = { debug: line, info: line, warn: line, error: line }
  return { lines, log }
}

export const quick = { editMs: 10, previewMs: 0, requestMs: 5000, reconnectMs: 20, reconnectMaxMs: 200 } as const

export const optionsFor = (discord: Discord, options: Partial<DiscordOptions> = {}): DiscordOptions => ({
  ...{ token: discord.token, apiUrl: discord.apiUrl, cdnUrl: discord.cdnUrl },
  ...{ messageContent: true, servers: [], channels: [], roles: [], timing: quick },
  ...options,
})

export interface ConnectOptions {
  readonly standIn?: StandInOptions
  readonly options?:
    Partial<DiscordOptions> | ((discord: Discord, roleIds: readonly string[]) => Partial<DiscordOptions>)
  /** Permissions of roles that Ann has. */
  readonly rolesOfAnn?: readonly bigint[]
}

/** The adapter with a stand-in for Discord on one side and the suite's bot on the other. */
export async function connectedAdapter(
  bot: RecordingBot = recordingBot(),
  { standIn = {}, options = {}, rolesOfAnn = [] }: ConnectOptions = {},
) {
  const discord = await createDiscord(standIn)
  const guild = discord.addGuild('Home')
  const channel = discord.addChannel(guild, 'art')
  const ann = discord.addPerson('Ann', guild)
  const roleIds = rolesOfAnn.map((permissions, index) => discord.addRole(guild, `role ${index}`, permissions))
  for (const id of roleIds) discord.giveRole(guild, ann, id)
  const { lines, log } = keepLines()
  const own = typeof options === 'function' ? options(discord, roleIds) : options
  const adapter = createDiscordAdapter(optionsFor(discord, own), log)
  await adapter.start(bot)
  await soon(() => adapter.status!().state === 'connected')
  const mention = `<@${discord.world.bot.id}>`
  return {
    ...{ discord, guild, channel, ann, adapter, bot, lines, mention },
    /** The bot's next event, after `action`. */
    handledBy: async (action: () => unknown): Promise<Incoming> => {
      const before = bot.handled.length
      action()
      await soon(() => bot.handled.length > before)
      return bot.handled[before]!
    },
    stop: async () => {
      await adapter.stop()
      await discord.stop()
    },
  }
}

export type ConnectedAdapter = Awaited<ReturnType<typeof connectedAdapter>>

/** A reply to an event. */
export const replyTo = (
  { key, eventId, author }: Incoming,
  parts: readonly Part[],
  { final = true, jobId = 'job-1' }: { final?: boolean; jobId?: string } = {},
): OutgoingMessage => ({
  ...{ replyId: `reply-${jobId}`, jobId, key, inReplyTo: eventId, author, language: 'en', parts, final },
  state: final ? 'done' : 'running',
})

/** Labels of buttons and menu entries under a message. */
export const labelsOf = ({ wire }: StoredMessage): readonly string[] =>
  allComponents(wire.components).flatMap(({ type, label, options }) =>
    type === componentTypes.button ? [label!] : (options ?? []).map((option) => option.label),
  )
