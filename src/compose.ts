import { readFileSync } from 'node:fs'
import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/schema.ts'
import { createBot } from './bot/bot.ts'
import type { CheckedImage } from './bot/context.ts'
import { parseStyles } from './bot/styles.ts'
import type { Adapter, Bot, BotAbout } from './contract/adapter.ts'
import { samplerNames, type Inference } from './contract/inference.ts'
import { createStores } from './conversation/stores.ts'
import { decodeImage } from './image/decode.ts'
import { createInference } from './inference/inference.ts'
import { locateModel, resolveModel, type ResolvedModels } from './inference/model-presets.ts'
import { readWorld } from './inference/world.ts'

const readJson = (relative: string): unknown =>
  JSON.parse(readFileSync(new URL(relative, import.meta.url), 'utf8')) as unknown

export const { version } = readJson('../package.json') as { readonly version: string }

/** The log on stderr: JSON lines, or readable ones where a person looks on. */
export const createLog = ({ logLevel }: Pick<Config, 'logLevel'>): Logger =>
  pino(
    { level: logLevel },
    process.stderr.isTTY
      ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
      : pino.destination({ dest: 2, sync: true }),
  )

/** The models that the configuration names, and the door to them. Throws AppError `model/not-found`. */
export function composeInference(config: Config, log: Logger): { models: ResolvedModels; inference: Inference } {
  const places = { modelsDir: config.modelsDir }
  for (const name of [config.inpaint, config.editEngine]) locateModel(name, places)
  const models = { mllm: resolveModel('mllm', config.mllm, places), t2i: resolveModel('t2i', config.t2i, places) }
  const { device, cacheDir, threads } = config
  const inference = createInference({ models, device, cacheDir, log, ...(threads > 0 && { threads }) })
  return { models, inference }
}

export interface ComposeOptions {
  readonly config: Config
  readonly adapters: readonly Adapter[]
  /** Keep nothing: stores in memory instead of the data folder. */
  readonly memory?: boolean
  readonly log?: Logger
}

export interface Composition {
  readonly bot: Bot
  /** Puts running jobs back into the queue, lets the models go and closes the stores. */
  readonly stop: () => Promise<void>
}

/**
 * Wires stores, models, bot and adapters, and starts them; models load in their own process meanwhile.
 * Throws AppError `model/*`, `storage/*`, `config/invalid`.
 */
export async function compose({
  config,
  adapters,
  memory = false,
  log = createLog(config),
}: ComposeOptions): Promise<Composition> {
  const styles = parseStyles(readJson('../config/styles.json'), 'config/styles.json')
  const stores = await createStores(memory ? { memory: true } : { dataDir: config.dataDir })
  const { models, inference } = await closingOnFailure(stores, () => composeInference(config, log))
  const bot = createBot({
    stores,
    inference,
    about: aboutOf(models, Object.keys(styles)),
    wordings: models.mllm.wordings,
    styles,
    log,
    checkImage: (bytes) => checkImage(bytes, config),
    limits: {
      textLength: config.limitMessageLength,
      attachmentBytes: config.limitUploadBytes,
      jobsPerPerson: config.limitQueuePerPerson,
    },
  })
  for (const adapter of adapters) {
    bot.attach(adapter)
    await adapter.start(bot)
  }
  await bot.start()
  return {
    bot,
    async stop() {
      for (const adapter of adapters) await adapter.stop()
      await bot.stop()
      await inference.stop()
      await stores.close()
    },
  }
}

async function closingOnFailure<T>(stores: { close(): Promise<void> }, make: () => T): Promise<T> {
  try {
    return make()
  } catch (error) {
    await stores.close()
    throw error
  }
}

/** Decodes a picture once, so that a damaged one is refused before it is kept. */
async function checkImage(bytes: Uint8Array, config: Config): Promise<CheckedImage> {
  const limits = { maxBytes: config.limitUploadBytes, maxPixels: config.limitPixels }
  const { width, height, info } = await decodeImage(bytes, { limits })
  return { width, height, mediaType: `image/${info.format}` }
}

function aboutOf({ mllm, t2i }: ResolvedModels, styles: readonly string[]): BotAbout {
  return {
    version,
    models: { mllm: mllm.name, t2i: t2i.name },
    examples: ['draw a red fox in the snow'],
    ...(readWorld(t2i) ?? readWorld(mllm)),
    samplers: samplerNames,
    styles,
    defaults: t2i.defaults,
  }
}
