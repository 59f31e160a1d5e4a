import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { openSafetensors, readWeight } from '../../src/weights/safetensors.ts'
import type { FloatTensor, Tensor } from '../../src/tensor/tensor.ts'

/** How far a value may be off: `|got - expected| <= abs (x max|expected|, if so said) + rel * |expected|`. */
export interface Tolerance {
  readonly abs: number
  readonly rel: number
  readonly abs_is_times_max_abs?: boolean
  readonly per_tensor?: Readonly<Record<string, number>>
  readonly [extra: string]: unknown
}

/** One folder of golden vectors, in the format of the goldens' README. */
export interface GoldenCase {
  readonly name: string
  readonly kind: string
  /** Absolute path of the case folder. */
  readonly dir: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly expected: Readonly<Record<string, unknown>>
  readonly tolerance: Tolerance
  /** Everything in case.json, for the few kinds that keep more at its top. */
  readonly json: Readonly<Record<string, unknown>>
  /** Absolute path of the checkpoint folder; throws when the case has none. */
  model(): string
  /** A path in `inputs`: below the model folder when it begins with `model/`, else relative to the case. */
  resolve(file: string): string
  /** Names in io.safetensors, with their `input.` or `expected.` prefix. */
  readonly tensorNames: readonly string[]
  has(name: string): boolean
  /** A tensor of io.safetensors by its full name. */
  tensor(name: string): Tensor
  /** The same, which must be float32. */
  float(name: string): FloatTensor
}

/** Reads a case folder; the tensors are read when asked for. */
export function loadCase(dir: string): GoldenCase {
  const json = JSON.parse(readFileSync(path.join(dir, 'case.json'), 'utf8')) as Record<string, unknown>
  const model = json['model'] as string | null | undefined
  const tensors = json['tensors']
    ? openSafetensors(path.join(dir, json['tensors'] as string)).tensors
    : new Map<string, never>()
  const modelDir = () => {
    if (!model) throw new Error(`${dir}: the case names no model`)
    return path.resolve(dir, model)
  }
  const tensor = (name: string): Tensor => {
    const entry = tensors.get(name)
    if (!entry) throw new Error(`${dir}: no tensor ${name}`)
    return readWeight(entry)
  }
  return {
    name: json['name'] as string,
    kind: json['kind'] as string,
    dir,
    inputs: (json['inputs'] ?? {}) as Record<string, unknown>,
    expected: (json['expected'] ?? {}) as Record<string, unknown>,
    tolerance: { abs: 0, rel: 0, ...(json['tolerance'] as object | undefined) },
    json,
    model: modelDir,
    resolve: (file) => {
      if (!file.startsWith('model/')) return path.resolve(dir, file)
      const below = path.resolve(modelDir(), file.slice('model/'.length))
      return existsSync(below) ? below : path.resolve(dir, file)
    },
    tensorNames: [...tensors.keys()],
    has: (name) => tensors.has(name),
    tensor,
    float: (name) => {
      const found = tensor(name)
      if (found.dtype !== 'float32') throw new Error(`${dir}: ${name} is ${found.dtype}, not float32`)
      return found as FloatTensor
    },
  }
}
