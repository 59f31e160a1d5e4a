import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { float32, sizeOf, type FloatTensor } from '../tensor/tensor.ts'
import type { LoraFile, LoraPair, LoraPart } from './lora-file.ts'
import { moduleFinder, type BaseModule, type ModuleFinder } from './lora-names.ts'
import { readWeight, type WeightEntry } from './safetensors.ts'
import type { LoraModules, WeightMap } from './weights.ts'

/** A LoRA's pairs for one part of a model, by the module's path in the checkpoint. */
export type FittedPairs = ReadonlyMap<string, { readonly pair: LoraPair; readonly base: BaseModule }>

/** A LoRA file whose modules were all found in a model. */
export type FittedLora = Readonly<Partial<Record<LoraPart, FittedPairs>>>

/** Finds, once for a model, which modules a LoRA file means. */
export type LoraFitter = (lora: LoraFile) => FittedLora

/**
 * Fits LoRA files to a model given by its parts' checkpoints.
 * Throws AppError `weights/shape-mismatch` naming tensors and shapes for a LoRA that was made for another base.
 */
export function loraFitter(parts: Readonly<Partial<Record<LoraPart, WeightMap>>>): LoraFitter {
  const finders = Object.fromEntries(
    Object.entries(parts).map(([part, map]) => [part, moduleFinder(part as LoraPart, map)]),
  ) as Partial<Record<LoraPart, ModuleFinder>>
  return ({ file, pairs }) => {
    const fitted: Partial<Record<LoraPart, Map<string, { pair: LoraPair; base: BaseModule }>>> = {}
    const misfits: string[] = []
    for (const pair of pairs) {
      const base = finders[pair.part]?.(pair.module)
      const problem = base ? shapeProblem(pair, base) : missing(pair, finders[pair.part] !== undefined)
      if (problem !== undefined) misfits.push(problem)
      else (fitted[pair.part] ??= new Map()).set(base!.path, { pair, base: base! })
    }
    if (misfits.length > 0) throw otherBase(file, misfits, pairs.length)
    return fitted
  }
}

const show = ({ name, shape }: WeightEntry) => `${name} [${shape.join(', ')}]`

/** Undefined where down [rank, in, …] and up [out, rank, …] make up a change of the module's weight. */
function shapeProblem({ down, up }: LoraPair, { path: module, weight }: BaseModule): string | undefined {
  const [out, input, ...kernel] = weight.shape
  const [rank, downInput, ...downKernel] = down.shape
  const [upOut, upRank, ...upKernel] = up.shape
  const fits =
    downInput === input &&
    sizeOf(downKernel) === sizeOf(kernel) &&
    upOut === out &&
    upRank === rank &&
    sizeOf(upKernel) === 1
  return fits ? undefined : `${show(down)} and ${show(up)} do not fit ${module} [${weight.shape.join(', ')}]`
}

const missing = ({ part, down }: LoraPair, hasPart: boolean) =>
  hasPart
    ? `${show(down)} belongs to no module of its ${part}`
    : `${show(down)} needs a ${part}, which it does not have`

function otherBase(file: string, misfits: readonly string[], modules: number): AppError {
  const first = misfits.slice(0, 2).join('; ')
  return new AppError('weights/shape-mismatch', {
    message: `${path.basename(file)} was made for another base than this model (${misfits.length} of ${modules} modules do not fit): ${first}`,
    hint: 'Choose a LoRA for this model, or the model that the LoRA was made for (SD 1.5, SDXL).',
    details: { file, misfits: misfits.slice(0, 20) },
  })
}

/** LoRAs of one part of a model, as its graph takes them. */
export interface LoraInputs {
  /** Modules with a branch; graphs of the same modules are the same. */
  readonly modules: LoraModules
  /** `<module>.lora_down` and `<module>.lora_up`, the weights multiplied in. */
  readonly inputs: Readonly<Record<string, FloatTensor>>
}

/** Several LoRAs of a part at once: their matrices laid side by side along the rank. */
export function combineLoras(loras: readonly { readonly pairs: FittedPairs; readonly weight: number }[]): LoraInputs {
  const modules = new Set(loras.flatMap(({ pairs }) => [...pairs.keys()]))
  const inputs: Record<string, FloatTensor> = {}
  for (const module of modules) {
    const own = loras.flatMap(({ pairs, weight }) => {
      const found = pairs.get(module)
      return found ? [{ ...found, weight }] : []
    })
    const { base } = own[0]!
    const matrices = own.map(({ pair, weight }) => readPair(pair, weight))
    const isLinear = base.weight.shape.length === 2
    inputs[`${module}.lora_down`] = isLinear ? downColumns(matrices) : downKernels(matrices, base.weight.shape)
    inputs[`${module}.lora_up`] = isLinear ? upRows(matrices) : upKernels(matrices)
  }
  return { modules, inputs }
}

/** A pair as it lies in the file: down [rank, width], up [out, rank], weight and alpha / rank multiplied into up. */
interface Matrices {
  readonly rank: number
  readonly width: number
  readonly out: number
  readonly down: Float32Array
  readonly up: Float32Array
}

function readPair({ down, up, factor }: LoraPair, weight: number): Matrices {
  const rank = down.shape[0]!
  const scale = weight * factor
  return {
    rank,
    width: sizeOf(down.shape) / rank,
    out: up.shape[0]!,
    down: readWeight(down).data as Float32Array,
    up: (readWeight(up).data as Float32Array).map((value) => value * scale),
  }
}

const totalRank = (matrices: readonly Matrices[]) => matrices.reduce((sum, { rank }) => sum + rank, 0)

/** down of all, transposed: [width, ranks]. */
function downColumns(matrices: readonly Matrices[]): FloatTensor {
  const ranks = totalRank(matrices)
  const { width } = matrices[0]!
  const data = new Float32Array(width * ranks)
  let first = 0
  for (const { rank, down } of matrices) {
    for (let r = 0; r < rank; r++) for (let i = 0; i < width; i++) data[i * ranks + first + r] = down[r * width + i]!
    first += rank
  }
  return float32(data, [width, ranks])
}

/** down of all as kernels of a convolution: [ranks, in, kh, kw]. */
function downKernels(matrices: readonly Matrices[], baseShape: readonly number[]): FloatTensor {
  const data = new Float32Array(matrices.reduce((sum, { down }) => sum + down.length, 0))
  let at = 0
  for (const { down } of matrices) {
    data.set(down, at)
    at += down.length
  }
  return float32(data, [totalRank(matrices), ...baseShape.slice(1)])
}

/** up of all, transposed: [ranks, out]. */
function upRows(matrices: readonly Matrices[]): FloatTensor {
  const { out } = matrices[0]!
  const data = new Float32Array(totalRank(matrices) * out)
  let first = 0
  for (const { rank, up } of matrices) {
    for (let r = 0; r < rank; r++) for (let o = 0; o < out; o++) data[(first + r) * out + o] = up[o * rank + r]!
    first += rank
  }
  return float32(data, [totalRank(matrices), out])
}

/** up of all as kernels of a 1x1 convolution: [out, ranks, 1, 1]. */
function upKernels(matrices: readonly Matrices[]): FloatTensor {
  const ranks = totalRank(matrices)
  const { out } = matrices[0]!
  const data = new Float32Array(out * ranks)
  let first = 0
  for (const { rank, up } of matrices) {
    for (let o = 0; o < out; o++) data.set(up.subarray(o * rank, (o + 1) * rank), o * ranks + first)
    first += rank
  }
  return float32(data, [out, ranks, 1, 1])
}
