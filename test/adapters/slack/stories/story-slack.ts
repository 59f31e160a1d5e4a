import { pino } from 'pino'
import { createSlackAdapter } from '../../../../adapters/slack/adapter.ts'
import type { SlackOptions } from '../../../../adapters/slack/options.ts'
import { createBot, type BotWithAdapters } from '../../../../src/bot/bot.ts'
import type { BotOptions } from '../../../../src/bot/context.ts'
import { createStores, type Stores } from '../../../../src/conversation/stores.ts'
import { buttonsOf, entriesOf } from '../../../stand-ins/slack/person.ts'
import { createSlackStandIn, type SlackStandIn, type SlackStandInOptions } from '../../../stand-ins/slack/stand-in.ts'
import type { SlackMessage } from '../../../stand-ins/slack/state.ts'
import { about, checkPng, styles, wordings } from '../../../support/bot-harness.ts'
import { createScriptedInference, type Script, type ScriptedInference } from '../../../support/scripted-inference.ts'

/** A line of the log, as it was written. */
export interface LogLine {
  readonly level: number
  readonly msg: string
}

/** The real bot and adapter with the real Bolt, in one process; the platform and the models are stand-ins. */
export interface SlackStory {
  readonly slack: SlackStandIn
  readonly stores: Stores
  readonly inference: ScriptedInference
  readonly log: readonly LogLine[]
  readonly bot: () => BotWithAdapters
  readonly adapter: () => ReturnType<typeof createSlackAdapter>
  /** The reply in this thread once it has ended, showing `pictures` pictures or more in all (1 unless told). */
  answered(root: SlackMessage, pictures?: number): Promise<readonly SlackMessage[]>
  /** Stops the bot (and its adapter) and starts both on the same stores. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface StoryOptions {
  readonly script?: Script
  readonly slack?: SlackStandInOptions
  /** Events come as signed requests to the bot's own address instead of over Socket Mode. */
  readonly overHttp?: boolean
  readonly adapter?: Partial<SlackOptions>
  readonly bot?: Partial<Omit<BotOptions, 'inference' | 'stores'>>
}

/** Waits as short as a test needs them. */
const timing = {
  ...{ editMs: 20, channelMs: 1, previewMs: 100, requestMs: 1500, filePollMs: 10 },
  ...{ reconnectMs: 50, reconnectMaxMs: 200 },
}

export async function tellSlackStory(options: StoryOptions = {}): Promise<SlackStory> {
  const slack = await createSlackStandIn({ filePolls: 1, ...options.slack })
  const stores = await createStores({ memory: true })
  const inference = createScriptedInference(options.script)
  const lines: LogLine[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) })
  const fitImage = async (bytes: Uint8Array) => ({ ...(await checkPng(bytes)), bytes, reduced: false })
  let running: { bot: BotWithAdapters; adapter: ReturnType<typeof createSlackAdapter> }

  async function start(): Promise<void> {
    const { botToken, appToken, signingSecret, apiUrl } = slack
    const way = options.overHttp ? { signingSecret } : { appToken }
    const adapter = createSlackAdapter({ botToken, ...way, apiUrl, channels: [], timing, ...options.adapter }, log)
    const common = { about, wordings, styles, log, checkImage: checkPng, fitImage }
    const bot = createBot({ ...common, ...options.bot, stores, inference })
    bot.attach(adapter)
    await adapter.start(bot)
    await bot.start()
    running = { bot, adapter }
  }
  async function stop(): Promise<void> {
    await running.bot.stop()
    await running.adapter.stop()
  }

  await start()
  return {
    slack,
    stores,
    inference,
    log: lines,
    bot: () => running.bot,
    adapter: () => running.adapter,
    answered: (root, pictures = 1) =>
      slack.until(() => {
        const replies = slack.replies(root)
        const shown = replies.flatMap(picturesOf)
        return isEnded(replies) && replies.every(offersMore) && shown.length >= pictures && replies
      }),
    async restart() {
      await stop()
      await start()
    },
    async stop() {
      await stop()
      await slack.close()
    },
  }
}

/** A picture at its end offers what can be done with it; a preview does not. */
const offersMore = (message: SlackMessage): boolean =>
  [...buttonsOf(message), ...entriesOf(message)].includes('Variations')

/** Ids of the files that a message shows in its blocks. */
export const picturesOf = (message: SlackMessage): readonly string[] =>
  message.blocks.flatMap((block) => {
    const file = block['slack_file'] as { readonly id?: string } | undefined
    return block['type'] === 'image' && file?.id !== undefined ? [file.id] : []
  })

/** All words of a message: those of its blocks, or what notifications say of it. */
export const wordsOf = (message: SlackMessage): string =>
  message.blocks.length === 0 ? message.text : textsIn(message.blocks).join('\n')

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  )
}

/** Whether the newest of the bot's messages is at its end: nothing streams, nothing offers to cancel, no progress. */
export const isEnded = (replies: readonly SlackMessage[]): boolean =>
  replies.length > 0 &&
  replies.every(({ streaming }) => !streaming) &&
  !replies.some((message) => /"Cancel"|"block_id":"progress/.test(JSON.stringify(message.blocks)))
