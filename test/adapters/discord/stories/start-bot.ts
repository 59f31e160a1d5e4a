import { pino } from 'pino'
import { createDiscordAdapter } from '../../../../adapters/discord/adapter.ts'
import type { DiscordOptions } from '../../../../adapters/discord/options.ts'
import { createBot, type BotWithAdapters } from '../../../../src/bot/bot.ts'
import type { BotOptions } from '../../../../src/bot/context.ts'
import type { Adapter } from '../../../../src/contract/adapter.ts'
import type { Stores } from '../../../../src/conversation/stores.ts'
import { about, checkPng, styles, wordings } from '../../../support/bot-harness.ts'
import { createScriptedInference, type Script, type ScriptedInference } from '../../../support/scripted-inference.ts'

export interface BotParts {
  readonly stores: Stores
  readonly discord: Pick<DiscordOptions, 'token' | 'apiUrl' | 'cdnUrl'>
  readonly script?: Script | undefined
  readonly adapter?: Partial<DiscordOptions> | undefined
  readonly bot?: Partial<Omit<BotOptions, 'inference' | 'stores'>> | undefined
  /** Takes the lines of the log, as JSON. */
  readonly log?: (line: string) => void
}

export interface RunningBot {
  readonly bot: BotWithAdapters
  readonly adapter: Adapter
  readonly inference: ScriptedInference
  stop(): Promise<void>
}

/** Waits as short as a test needs them. */
const timing = { editMs: 20, previewMs: 100, requestMs: 1500, reconnectMs: 50, reconnectMaxMs: 200 }

/** The real bot and adapter with the real discord.js; the models are scripted. */
export async function startBot(parts: BotParts): Promise<RunningBot> {
  const { stores, discord, script, log: write = () => undefined } = parts
  const { token, apiUrl, cdnUrl } = discord
  const places = { messageContent: true, servers: [], channels: [], roles: [] }
  const log = pino({ level: 'debug' }, { write })
  const adapter = createDiscordAdapter({ token, apiUrl, cdnUrl, ...places, timing, ...parts.adapter }, log)
  const inference = createScriptedInference(script)
  const fitImage = async (bytes: Uint8Array) => ({ ...(await checkPng(bytes)), bytes, reduced: false })
  const common = { about, wordings, styles, log, checkImage: checkPng, fitImage }
  const bot = createBot({ ...common, ...parts.bot, stores, inference })
  bot.attach(adapter)
  await adapter.start(bot)
  await bot.start()
  return {
    bot,
    adapter,
    inference,
    async stop() {
      await bot.stop()
      await adapter.stop()
    },
  }
}
