import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import { createBot, type BotWithAdapters } from './bot/bot.ts'
import type { CheckedImage } from './bot/context.ts'
import { readBlockedWords } from './bot/safety/read-blocked-words.ts'
import { createSafetyChecker } from './bot/safety/safety-checker.ts'
import { parseStyles } from './bot/styles.ts'
import { version } from './cli/version.ts'
import { createLog } from './compose/log.ts'
import type { Adapter, BotAbout } from './contract/adapter.ts'
import { samplerNames, type Inference } from './contract/inference.ts'
import type { Precision } from './contract/precision.ts'
import { createStores, type Stores } from './conversation/stores.ts'
import { decodeImage } from './image/decode.ts'
import { fitImage } from './image/fit-image.ts'
import { createInference } from './inference/inference.ts'
import { offeredNames, offerModels, type OfferedModels } from './inference/offered-models.ts'
import { readWorld } from './inference/world.ts'
import type { Metrics } from './operations/metrics.ts'

/**
 * The models that the configuration names, and the door to them; with `preload` they are loaded before they are needed.
 * Throws AppError `model/*`.
 */
export function composeInference(
  config: Config,
  log: Logger,
  { preload = false } = {},
): { models: OfferedModels; inference: Inference } {
  const models = offerModels(config, config)
  const { device, mllmDevice, pictureDevice, gpuPrecision, cacheDir, threads, memoryLimit, chatMemory, keepLoaded } =
    config
  const mllm = models.mllm.map((model) => ({ ...model, precision: precisionOf(config, model) }))
  const inference = createInference({
    models: { ...models, mllm },
    device,
    ...(mllmDevice && { mllmDevice }),
    ...(pictureDevice && { pictureDevice }),
    gpuPrecision: gpuPrecision === 'fp16' ? 'fp16' : 'fp32', // auto, too: fp16 was not measured on a card
    cacheDir,
    log,
    preload,
    ...(threads > 0 && { threads }),
    ...(memoryLimit > 0 && { memoryLimitBytes: memoryLimit * 2 ** 20 }),
    ...(chatMemory > 0 && { chatMemoryBytes: chatMemory * 2 ** 20 }),
    pinned: keepLoaded,
  })
  return { models, inference }
}

/** The person's choice, else the preset's. */
const precisionOf = ({ mllmPrecision }: Config, preset: { readonly precision?: Precision }): Precision =>
  mllmPrecision === 'auto' ? (preset.precision ?? 'auto') : mllmPrecision

export { createLog } from './compose/log.ts'

export interface ComposeOptions {
  readonly config: Config
  /** They must start, or nothing does. */
  readonly adapters: readonly Adapter[]
  /** They may be away: one that does not start is logged, and the others go on. */
  readonly platforms?: readonly Adapter[]
  /** Counts what happens. */
  readonly metrics?: Metrics
  /** Keep nothing: stores in memory instead of the data folder. */
  readonly memory?: boolean
  readonly log?: Logger
}

export interface Composition {
  readonly bot: BotWithAdapters
  readonly stores: Stores
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
  platforms = [],
  metrics,
  memory = false,
  log = createLog(config),
}: ComposeOptions): Promise<Composition> {
  const stylesFile = new URL('../config/styles.json', import.meta.url)
  const styles = parseStyles(JSON.parse(readFileSync(stylesFile, 'utf8')), 'config/styles.json')
  const stores = await createStores(memory ? { memory: true } : { dataDir: config.dataDir })
  const opened: { stop(): Promise<unknown> }[] = [{ stop: () => stores.close() }]
  const stop = async () => {
    for (const part of opened.splice(0).reverse()) await part.stop()
  }
  try {
    const { models, inference } = composeInference(config, log, { preload: !memory })
    opened.push(inference)
    const bot = createBot({
      stores,
      inference: metrics?.watchInference(inference) ?? inference,
      ...(metrics ? { observer: metrics.observer } : {}),
      logPrompts: config.logPrompts,
      policy: { press: config.press, nsfw: config.nsfw },
      language: config.language,
      about: aboutOf(models, Object.keys(styles)),
      wordings: models.mllm[0]!.wordings,
      defaults: { engine: config.editEngine },
      otherWordings: Object.fromEntries(models.mllm.map(({ name, wordings }) => [name, wordings])),
      styles,
      safety: createSafetyChecker({
        inference,
        checksImages: models.safety.length > 0,
        blockedWords: readBlockedWords(config.blockedWords),
      }),
      log,
      checkImage: (bytes) => checkImage(bytes, config),
      fitImage: (bytes, fit) => fitImage(bytes, { ...fit, maxPixels: config.limitPixels }),
      limits: {
        textLength: config.limitMessageLength,
        attachmentBytes: config.limitUploadBytes,
        jobsPerPerson: config.limitQueuePerPerson,
        jobsPerPersonDay: config.limitJobsPerPersonDay,
        jobsPerServer: config.limitJobsPerServer,
        jobsPerServerDay: config.limitJobsPerServerDay,
      },
    })
    opened.push(bot)
    for (const adapter of [...adapters, ...platforms]) bot.attach(adapter)
    for (const adapter of adapters) {
      await adapter.start(bot)
      opened.push(adapter)
    }
    for (const adapter of platforms) {
      opened.push(adapter)
      adapter.start(bot).catch((error: unknown) => {
        log.error({ platform: adapter.platform, err: error }, 'a platform was not started')
      })
    }
    await bot.start()
    return { bot, stores, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Decodes a picture once, so that a damaged one is refused before it is kept. */
async function checkImage(bytes: Uint8Array, config: Config): Promise<CheckedImage> {
  const limits = { maxBytes: config.limitUploadBytes, maxPixels: config.limitPixels }
  const { width, height, info } = await decodeImage(bytes, { limits })
  return { width, height, mediaType: `image/${info.format}` }
}

function aboutOf(models: OfferedModels, styles: readonly string[]): BotAbout {
  const offered = offeredNames(models)
  const [mllm, t2i] = [models.mllm[0]!, models.t2i[0]!]
  return {
    version,
    models: Object.fromEntries(Object.entries(offered).map(([role, [first]]) => [role, first!])),
    offered,
    examples: ['draw a red fox in the snow'],
    ...(readWorld(t2i) ?? readWorld(mllm)),
    samplers: samplerNames,
    styles,
    defaults: t2i.defaults,
  }
}
