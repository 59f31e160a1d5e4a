import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { decoderFormats, resolvePrecision } from '../families/decoder/decoder-precision.ts'
import { sizeOf } from '../tensor/tensor.ts'
import type { BlockFormat } from '../weights/quantise.ts'
import { openSafetensors, type WeightEntry } from '../weights/safetensors.ts'
import { partFolder, type ModelFile, type ResolvedModel } from './model-presets.ts'
import type { Work } from './residency.ts'

export interface EstimateOptions {
  readonly device: string
  /** Bytes that a chat model may keep for later requests. */
  readonly chatMemoryBytes: number
}

/**
 * Bytes that a model takes in memory while it works: its weights by the headers of its files, in the precision in which
 * they are held, and room for the work. An estimate, made once a model; what cannot be read counts nothing, and its load
 * says what is wrong.
 */
export function createEstimate(model: ResolvedModel, options: EstimateOptions): (work: Work) => number {
  let weights: number | undefined
  const added = new Map<string, number>()
  return (work) => {
    weights ??= tryTo(() => weightBytes(model, options.device)) ?? 0
    const adapters = (work.adapters ?? []).reduce((sum, which) => {
      const bytes = added.get(which) ?? tryTo(() => adapterBytes(model, which, options.device)) ?? 0
      added.set(which, bytes)
      return sum + bytes
    }, 0)
    return Math.round(weights + adapters + workBytes(model, work, weights, options))
  }
}

function tryTo<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const weightBytes = (model: ResolvedModel, device: string): number =>
  fileBytes(model.files, device, model.role === 'mllm' ? formatsOf(model) : undefined)

/** Weights that are loaded beside a picture model's own when a request asks for them. */
function adapterBytes(model: ResolvedModel, which: 'ipAdapter' | 'controlNet', device: string): number {
  const places = 'adapters' in model ? model.adapters[which] : undefined
  return places ? fileBytes(places.files, device) : 0
}

function fileBytes(files: readonly ModelFile[], device: string, formats?: Formats): number {
  return usedFiles(files).reduce((sum, { file }) => {
    if (!file.endsWith('.safetensors')) return sum + readSize(file)
    const tensors = [...openSafetensors(file).tensors.values()]
    return sum + tensors.reduce((bytes, entry) => bytes + heldBytes(entry, formats, device), 0)
  }, 0)
}

/** One of two files that hold the same weights: `x.safetensors` before `x.fp16.safetensors`. */
function usedFiles(files: readonly ModelFile[]): readonly ModelFile[] {
  const names = new Set(files.map(({ file }) => file))
  const isWeights = ({ file }: ModelFile) => /\.(safetensors|bin|pth|pt|ckpt)$/.test(file) && !file.includes('non_ema')
  return files.filter(
    (entry) => isWeights(entry) && !(entry.file.includes('.fp16.') && names.has(entry.file.replace('.fp16.', '.'))),
  )
}

const readSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

type Formats = ReadonlyMap<string, BlockFormat>

/** The formats of a language model's matrices. Their names say enough; which layer is the last is found from them. */
function formatsOf(model: Extract<ResolvedModel, { role: 'mllm' }>): Formats {
  const map = new Map(
    usedFiles(model.files)
      .filter(({ file }) => file.endsWith('.safetensors'))
      .flatMap(({ file }) => [...openSafetensors(file).tensors]),
  )
  const layers =
    1 + Math.max(-1, ...[...map.keys()].map((name) => Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1)))
  const precision = resolvePrecision(map, model.precision ?? 'auto')
  return decoderFormats(map, { layers, tiedEmbeddings: !map.has('lm_head.weight') }, precision)
}

/** The CPU widens halves to float32; a GPU keeps them. */
function heldBytes({ name, shape, length, dtype }: WeightEntry, formats: Formats | undefined, device: string): number {
  const format = formats?.get(name)
  if (format) return sizeOf(shape) * (format.bits / 8 + 4 / format.blockSize)
  const isHalf = dtype === 'F16' || dtype === 'BF16'
  return isHalf && device === 'cpu' ? 2 * length : length
}

/** Pictures of more pixels are decoded in tiles (families/stable-diffusion/vae-tiles.ts). */
const mostPixelsAtOnce = 1024 * 1024

/** Room beside the weights. */
function workBytes(model: ResolvedModel, { pixels }: Work, weights: number, options: EstimateOptions): number {
  switch (model.role) {
    case 'mllm':
      return options.chatMemoryBytes + 0.05 * weights
    case 't2i':
    case 'inpaint': {
      const { width, height } = model.defaults
      const atOnce = Math.min(pixels ?? width * height, mostPixelsAtOnce)
      // The last layers of the decoder are the widest: input, output and one between of its second width at full size.
      return atOnce * 3 * 4 * (tryTo(() => decoderChannels(partFolder(model, 'vae'))) ?? 256)
    }
    case 'restore':
    case 'safety':
      return 0.25 * weights
  }
}

function decoderChannels(folder: string): number {
  const config = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as { block_out_channels: number[] }
  return config.block_out_channels[1] ?? config.block_out_channels[0]!
}
