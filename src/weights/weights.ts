import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { whereAsked } from './config-keys.ts'
import { openSafetensors, type WeightEntry } from './safetensors.ts'
import { singleFileWeights } from './single-file.ts'
import { openTorchCheckpoint } from './torch-checkpoint.ts'
import { openWeightFile } from './weight-file.ts'

/** Tensors by checkpoint name. */
export type WeightMap = ReadonlyMap<string, WeightEntry>

/** Paths of the modules that get a LoRA branch; the branches' matrices are inputs of the graph. */
export type LoraModules = ReadonlySet<string>

/** A view of a checkpoint below a module's path: `weights.at('norm1').entry('weight')`. */
export class Weights {
  readonly #map: WeightMap
  readonly #loraModules: LoraModules | undefined
  /** The module's path in the checkpoint, with a dot at its end, or ''. */
  readonly prefix: string

  constructor(map: WeightMap, prefix = '', loraModules?: LoraModules) {
    this.#map = map
    this.#loraModules = loraModules
    this.prefix = prefix
  }

  /** The weights of a sub-module. */
  at(module: string): Weights {
    return new Weights(this.#map, `${this.prefix}${module}.`, this.#loraModules)
  }

  /** Whether this very module has a LoRA branch. */
  get hasLora(): boolean {
    return this.#loraModules?.has(this.prefix.slice(0, -1)) ?? false
  }

  /** Whether there is a tensor of this name or a module with tensors below it. */
  has(name: string): boolean {
    const full = this.prefix + name
    if (this.#map.has(full)) return true
    const below = `${full}.`
    for (const key of this.#map.keys()) if (key.startsWith(below)) return true
    return false
  }

  /** Where a tensor lies. Throws AppError `weights/missing` naming it. */
  entry(name: string): WeightEntry {
    const found = this.#map.get(this.prefix + name)
    if (!found) throw missingTensor(this.#map, this.prefix + name)
    return found
  }

  /** The same after checking its shape. Throws AppError `weights/shape-mismatch` naming tensor, shapes and, where found, the config's keys. */
  shaped(name: string, shape: readonly number[]): WeightEntry {
    const entry = this.entry(name)
    if (entry.shape.join() !== shape.join()) {
      throw new AppError('weights/shape-mismatch', {
        message: `${entry.file}: tensor ${entry.name} is [${entry.shape.join(', ')}], the config asks for [${shape.join(', ')}]${whereAsked(entry.file, shape, entry.shape)}`,
        hint: 'The config or the file belongs to another model size: copy both from one place, or run "llmga models verify".',
      })
    }
    return entry
  }

  /** Names of all tensors below this module, without its path. */
  names(): string[] {
    return [...this.#map.keys()].filter((n) => n.startsWith(this.prefix)).map((n) => n.slice(this.prefix.length))
  }
}

function missingTensor(map: WeightMap, name: string): AppError {
  const file = map.values().next().value?.file ?? 'the checkpoint'
  return new AppError('weights/missing', {
    message: `${file}: there is no tensor ${name}`,
    hint: 'The file is incomplete or belongs to another kind of model; run "llmga models verify".',
    details: { tensor: name },
  })
}

/** New names for tensors (older or other layouts); the first rule that matches a name is used. */
export type RenameRules = readonly (readonly [RegExp, string])[]

/** The same tensors under canonical names. */
export function renameWeights(map: WeightMap, rules: RenameRules): WeightMap {
  const renamed = new Map<string, WeightEntry>()
  for (const [name, entry] of map) {
    const rule = rules.find(([pattern]) => pattern.test(name))
    renamed.set(rule ? name.replace(rule[0], rule[1]) : name, entry)
  }
  return renamed
}

/** `diffusion_pytorch_model` in diffusers folders, `model` in transformers folders. */
export type WeightStem = 'diffusion_pytorch_model' | 'model'

/** The same where torch wrote them (`.bin`). */
const torchStems: Readonly<Record<WeightStem, string>> = {
  diffusion_pytorch_model: 'diffusion_pytorch_model',
  model: 'pytorch_model',
}

/**
 * Opens the checkpoint of a folder: `<stem>.safetensors`, or its shards by `<stem>.safetensors.index.json`, or the
 * `.fp16` variant of either; without any, what torch wrote (`pytorch_model.bin`, or its shards), through the reader that
 * runs none of it. Below a single file of a whole model, its part. Only headers are read. Throws AppError `weights/missing` or `weights/corrupt`.
 */
export function openWeightFolder(folder: string, stem: WeightStem): WeightMap {
  const inside = singleFileWeights(folder)
  if (inside) return inside
  const tried: string[] = []
  for (const variant of ['', '.fp16']) {
    const single = path.join(folder, `${stem}${variant}.safetensors`)
    if (existsSync(single)) return openSafetensors(single).tensors
    for (const index of [`${stem}.safetensors.index${variant}.json`, `${stem}${variant}.safetensors.index.json`]) {
      if (existsSync(path.join(folder, index))) return openShards(folder, index)
    }
    tried.push(path.basename(single))
  }
  const torch = torchStems[stem]
  const pickled = path.join(folder, `${torch}.bin`)
  if (existsSync(pickled)) return openTorchCheckpoint(pickled).tensors
  if (existsSync(`${pickled}.index.json`)) return openShards(folder, `${torch}.bin.index.json`)
  tried.push(path.basename(pickled))
  throw new AppError('weights/missing', {
    message: `${folder}: there is no weight file (looked for ${tried.join(', ')} and sharded forms)`,
    hint: 'Check the model folder, or fetch the model again.',
    details: { folder, file: path.join(folder, `${stem}.safetensors`) },
  })
}

/** A sharded checkpoint: the index names the shard of each tensor; each shard must hold what the index says. */
function openShards(folder: string, indexName: string): WeightMap {
  const index = path.join(folder, indexName)
  const places = readWeightMap(index)
  const shards = new Map<string, WeightMap>()
  const tensors = new Map<string, WeightEntry>()
  for (const [name, shardName] of Object.entries(places)) {
    let shard = shards.get(shardName)
    if (!shard) shards.set(shardName, (shard = openWeightFile(path.join(folder, shardName)).tensors))
    const entry = shard.get(name)
    if (!entry) {
      throw new AppError('weights/corrupt', {
        message: `${path.join(folder, shardName)}: tensor ${name}, which ${indexName} says is there, is not`,
        hint: 'The shards belong to different downloads; fetch the model again.',
        details: { file: path.join(folder, shardName) },
      })
    }
    tensors.set(name, entry)
  }
  return tensors
}

function readWeightMap(index: string): Record<string, string> {
  const bad = (why: string, cause?: unknown) =>
    new AppError('weights/corrupt', {
      message: `${index}: ${why}`,
      hint: 'The index is damaged; copy or download it again.',
      details: { file: index },
      ...(cause === undefined ? {} : { cause }),
    })
  let map: unknown
  try {
    map = (JSON.parse(readFileSync(index, 'utf8')) as { weight_map?: unknown } | null)?.weight_map
  } catch (cause) {
    throw bad('not JSON', cause)
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw bad('it has no weight_map')
  const ending = path.basename(index).includes('.bin.index.') ? '.bin' : '.safetensors'
  for (const [tensor, shard] of Object.entries(map)) {
    // A shard lies beside its index: a path would let a checkpoint point anywhere.
    if (typeof shard !== 'string' || shard !== path.basename(shard) || !shard.endsWith(ending))
      throw bad(`tensor ${tensor} is said to lie in ${JSON.stringify(shard)}, which is no file name of a shard`)
  }
  return map as Record<string, string>
}
