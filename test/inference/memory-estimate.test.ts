import path from 'node:path'
import { expect, it } from 'vitest'
import { memoryBudget } from '../../src/inference/memory-budget.ts'
import { createEstimate } from '../../src/inference/memory-estimate.ts'
import { resolveModel, type ResolvedModel } from '../../src/inference/model-presets.ts'
import { temporaryFolder, writeSafetensors, type TensorToWrite } from '../weights/write-safetensors.ts'

const GiB = 2 ** 30
const cpu = { device: 'cpu', chatMemoryBytes: 0 }

/** A language model of two layers with matrices of `width` x `width`, in halves. */
function talker(width: number, precision: 'fp32' | 'int8' | 'int4'): ResolvedModel {
  const folder = temporaryFolder()
  const tensor = (...shape: number[]): TensorToWrite => ({
    shape,
    dtype: 'F16',
    values: new Array<number>(shape.reduce((a, b) => a * b)).fill(0),
  })
  const layers = [0, 1, 2].map((n) => [`model.layers.${n}.mlp.up_proj.weight`, tensor(width, width)] as const)
  const file = path.join(folder, 'model.safetensors')
  writeSafetensors(file, { ...Object.fromEntries(layers), 'model.norm.weight': tensor(width) })
  return { ...resolveModel('mllm', 'llmga-tiny'), precision, files: [{ file }] }
}

it('counts a language model in the precision in which it is held', () => {
  const bytes = (precision: 'fp32' | 'int8' | 'int4') => createEstimate(talker(128, precision), cpu)({}) / 1.05
  expect(bytes('fp32')).toBeCloseTo(4 * (3 * 128 * 128 + 128), -1)
  expect(bytes('int8')).toBeCloseTo((1 + 4 / 64) * 3 * 128 * 128 + 4 * 128, -1)
  // The first and the last layer stay at 8 bits.
  expect(bytes('int4')).toBeCloseTo((1 + 4 / 64) * 2 * 128 * 128 + (0.5 + 4 / 64) * 128 * 128 + 4 * 128, -1)
})

it('leaves halves as they are on a GPU, and adds what the language model may keep', () => {
  const gpu = { device: 'cuda', chatMemoryBytes: 1000 }
  expect(createEstimate(talker(128, 'fp32'), gpu)({})).toBeCloseTo(1.05 * 2 * (3 * 128 * 128 + 128) + 1000, -1)
})

it('counts the pixels of a picture, those of tiles where it is large', () => {
  const estimate = createEstimate(resolveModel('t2i', 'llmga-tiny'), cpu)
  expect(estimate({ pixels: 512 * 512 })).toBeGreaterThan(estimate({}))
  expect(estimate({ pixels: 4096 * 4096 })).toBe(estimate({ pixels: 1024 * 1024 }))
})

it('counts what a request adds to the picture model before it is loaded', () => {
  const model = resolveModel('t2i', 'llmga-tiny')
  const file = path.join(temporaryFolder(), 'diffusion_pytorch_model.safetensors')
  writeSafetensors(file, { w: { shape: [8, 4], dtype: 'F16', values: new Array<number>(32).fill(0) } })
  const controlNet = { name: 'controlnet', folder: path.dirname(file), files: [{ file }] }
  const estimate = createEstimate({ ...model, adapters: { loras: {}, loraFolders: [], controlNet } }, cpu)
  expect(estimate({ adapters: ['controlNet'] }) - estimate({})).toBe(4 * 32)
  expect(estimate({ adapters: ['ipAdapter'] })).toBe(estimate({}))
})

it('counts nothing for files that are not there: the load says what is wrong', () => {
  const model = { ...resolveModel('restore', 'llmga-tiny'), files: [{ file: '/nowhere/x.safetensors' }] }
  expect(createEstimate(model, cpu)({})).toBe(0)
})

it('takes a share of the device where no limit is set', () => {
  expect(memoryBudget({}, 'cpu', 16 * GiB)).toEqual({ budgetBytes: 12 * GiB, chatMemoryBytes: 1.5 * GiB })
  expect(memoryBudget({}, 'cuda', 10 * GiB).budgetBytes).toBe(9 * GiB)
  expect(memoryBudget({}, 'webgpu', undefined)).toEqual({ budgetBytes: undefined, chatMemoryBytes: GiB })
  const set = { memoryLimitBytes: 8 * GiB, chatMemoryBytes: 5 }
  expect(memoryBudget(set, 'cpu', 16 * GiB)).toEqual({ budgetBytes: 8 * GiB, chatMemoryBytes: 5 })
})
