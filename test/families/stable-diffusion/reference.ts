import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { decodeImage } from '../../../src/image/decode.ts'
import type { RgbImage } from '../../../src/image/rgb-image.ts'
import { openSafetensors, readWeight } from '../../../src/weights/safetensors.ts'
import { float32, type FloatTensor, type Tensor } from '../../../src/tensor/tensor.ts'

const folder = 'test/fixtures/llmga-tiny'
const tensors = openSafetensors(`${folder}/sd-reference.safetensors`).tensors

/** A tensor that diffusers computed for the embedded weights; test/fixtures/llmga-tiny/README.md says how. */
export function reference(name: string): Tensor {
  return readWeight(tensors.get(name)!)
}

export const floatReference = (name: string): FloatTensor => {
  const tensor = reference(name)
  expect(tensor.dtype).toBe('float32')
  return tensor as FloatTensor
}

/** Pixels of a picture of the fixtures. */
export async function pictureOf(name: string): Promise<RgbImage> {
  const limits = { maxBytes: 1e6, maxPixels: 1e6 }
  const { width, height, data } = await decodeImage(readFileSync(`${folder}/${name}`), { limits })
  return { width, height, data }
}

/** Row `index` of the first axis, as a batch of one. */
export function rowOf({ data, shape }: FloatTensor, index: number): FloatTensor {
  const size = data.length / shape[0]!
  return float32(data.slice(index * size, (index + 1) * size), [1, ...shape.slice(1)])
}

/** Largest absolute difference; NaN where one is. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let worst = 0
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!))
  return worst
}
