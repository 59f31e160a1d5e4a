import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import type { LoraUse } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { loadControlNet, type ControlNet } from '../families/controlnet/controlnet.ts'
import { loadIpAdapter, type IpAdapter } from '../families/ip-adapter/ip-adapter.ts'
import type { PartFolder, StableDiffusion } from '../families/stable-diffusion/stable-diffusion.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sha256OfFile } from '../weights/file-hash.ts'
import { loraParts, openLora, type LoraPart } from '../weights/lora-file.ts'
import { combineLoras, loraFitter, type FittedPairs, type LoraFitter, type LoraInputs } from '../weights/lora.ts'
import { openWeightFolder } from '../weights/weights.ts'
import type { AdapterFile, AdapterPlaces } from './adapter-places.ts'
import { createByteCache } from './byte-cache.ts'

export interface Identity {
  readonly name: string
  readonly sha256: string
}

/** Several LoRAs at their weights, as the graphs of a model's parts take them. */
export interface LoraSet {
  readonly parts: Readonly<Partial<Record<LoraPart, LoraInputs>>>
  readonly recipe: NonNullable<Recipe['loras']>
}

/** What can be added to one model. Everything is loaded when first asked for and kept as long as the model. */
export interface ModelAdapters {
  /** Throws AppError `model/not-found` for an unknown name, `weights/shape-mismatch` for a LoRA of another base. */
  loras(uses: readonly LoraUse[]): Promise<LoraSet>
  /** Throws AppError `model/unsupported` where the model has none. */
  ipAdapter(): Promise<{ readonly adapter: IpAdapter; readonly identity: Identity }>
  controlNet(): Promise<{ readonly net: ControlNet; readonly identity: Identity }>
}

export interface AdapterSources {
  readonly places: AdapterPlaces | undefined
  /** The model that they are added to: its name, its parts' folders, its parts. */
  readonly name: string
  readonly folder: PartFolder
  readonly pipeline: StableDiffusion
  readonly runtime: Runtime
  /** sha256 of a file, once it has been compared with what is known of it; default: without that. */
  readonly hashOf?: ((file: AdapterFile) => Promise<string>) | undefined
}

/** Matrices of LoRA sets that were used last. */
const loraCacheBytes = 2 ** 30

export function createModelAdapters(sources: AdapterSources): ModelAdapters {
  const { places = { loras: {}, loraFolders: [] }, name, pipeline, runtime } = sources
  const { hashOf = ({ file }: AdapterFile) => sha256OfFile(file) } = sources
  const fitter = once(() => createFitter(sources))
  const sets = createByteCache<LoraSet>(loraCacheBytes, bytesOf)
  const { denoiser } = pipeline
  return {
    async loras(uses) {
      const files = uses.map((use) => ({ ...use, ...findLora(use.name, places) }))
      const recipe = []
      for (const { name: lora, weight, ...file } of files)
        recipe.push({ name: lora, weight, sha256: await hashOf(file) })
      const key = JSON.stringify(recipe)
      const set = sets.get(key) ?? { recipe, parts: combine(fitter(), files) }
      sets.set(key, set)
      return set
    },
    ipAdapter: once(async () => {
      const place = places.ipAdapter ?? missing(name, 'a subject from a picture', 'IP-Adapter')
      const identity = await identify(place, hashOf)
      return { identity, adapter: await loadIpAdapter(place, denoiser.config, runtime) }
    }),
    controlNet: once(async () => {
      const place = places.controlNet ?? missing(name, 'a condition picture', 'ControlNet')
      const identity = await identify(place, hashOf)
      return { identity, net: await loadControlNet(place.folder, denoiser.config, runtime) }
    }),
  }
}

/** Calls `make` for the first caller and, where it fails, for the next one again. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    if (!made) {
      const own = { value: make() }
      made = own
      if (own.value instanceof Promise)
        own.value.catch(() => {
          if (made === own) made = undefined
        })
    }
    return made.value
  }
}

/** Where a LoRA lies: by its name, or by its path below a models folder. */
function findLora(name: string, { loras, loraFolders }: AdapterPlaces): AdapterFile {
  const known = Object.hasOwn(loras, name) ? loras[name] : undefined
  if (known) return known
  const isInside = /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split('/').includes('..')
  const candidates = isInside
    ? loraFolders.flatMap((folder) => ['', '.safetensors'].map((ending) => path.join(folder, `${name}${ending}`)))
    : []
  const file = candidates.find((candidate) => /\.(safetensors|bin|pt)$/.test(candidate) && existsSync(candidate))
  if (file !== undefined) return { file }
  const names = Object.keys(loras)
  throw new AppError('model/not-found', {
    message: `there is no LoRA "${name}" for this model`,
    hint: `${names.length > 0 ? `It has: ${names.join(', ')}. ` : ''}A file below LLMGA_MODELS_DIR can be named by its path there.`,
    details: { name, names },
  })
}

function createFitter({ folder, pipeline }: AdapterSources): LoraFitter {
  return loraFitter({
    unet: openWeightFolder(folder('unet'), 'diffusion_pytorch_model'),
    text_encoder: openWeightFolder(folder('text_encoder'), 'model'),
    ...(pipeline.textEncoder2 && { text_encoder_2: openWeightFolder(folder('text_encoder_2'), 'model') }),
  })
}

function combine(fit: LoraFitter, files: readonly (LoraUse & AdapterFile)[]): LoraSet['parts'] {
  const fitted = files.map(({ file, weight }) => ({ lora: fit(openLora(file)), weight }))
  const partOf = (part: LoraPart) =>
    fitted.flatMap(({ lora, weight }): { pairs: FittedPairs; weight: number }[] =>
      lora[part] ? [{ pairs: lora[part], weight }] : [],
    )
  const changed = loraParts.map((part) => [part, partOf(part)] as const).filter(([, loras]) => loras.length > 0)
  return Object.fromEntries(changed.map(([part, loras]) => [part, combineLoras(loras)]))
}

const bytesOf = ({ parts }: LoraSet): number =>
  Object.values(parts)
    .flatMap(({ inputs }) => Object.values(inputs))
    .reduce((sum, { data }) => sum + data.byteLength, 0)

async function identify(
  { name, files }: { readonly name: string; readonly files: readonly AdapterFile[] },
  hashOf: (file: AdapterFile) => Promise<string>,
): Promise<Identity> {
  const whole = createHash('sha256')
  for (const file of files) whole.update(`${path.basename(file.file)} ${await hashOf(file)}\n`)
  return { name, sha256: whole.digest('hex') }
}

function missing(model: string, what: string, adapter: string): never {
  throw new AppError('model/unsupported', {
    message: `the model ${model} cannot draw after ${what}: it has no ${adapter}`,
    hint: `Choose a model whose preset names its ${adapter}.`,
  })
}
