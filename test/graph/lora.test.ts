import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Graph } from '../../src/graph/graph.ts'
import { conv, linear } from '../../src/graph/modules.ts'
import { float32, sizeOf, type FloatTensor } from '../../src/tensor/tensor.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'
import { temporaryFolder, writeSafetensors } from '../weights/write-safetensors.ts'
import { cpu, expectClose, random } from './compute.ts'
import * as plain from './plain.ts'

const folder = temporaryFolder()

/** A module's output with the branch of a LoRA, and the weight that the branch stands beside. */
async function withBranch(
  weight: FloatTensor,
  x: FloatTensor,
  write: typeof conv,
  matrices: { readonly down: FloatTensor; readonly up: FloatTensor },
): Promise<FloatTensor> {
  const tensor = { dtype: 'F32' as const, shape: weight.shape, values: [...weight.data] }
  const file = writeSafetensors(path.join(folder, `${sizeOf(weight.shape)}.safetensors`), { 'm.weight': tensor })
  const g = new Graph('lora')
  const w = new Weights(openSafetensors(file).tensors, 'm.', new Set(['m']))
  g.output('y', write(g, g.input('x', 'float32', x.shape), w))
  const session = await cpu.load(g)
  const { y } = await session.run({ x, 'm.lora_down': matrices.down, 'm.lora_up': matrices.up })
  return y as FloatTensor
}

describe('a LoRA branch', () => {
  it('beside a linear module is x A B', async () => {
    const [weight, x] = [random([5, 4]), random([2, 3, 4], 2)]
    const [down, up] = [random([4, 2], 3), random([2, 5], 4)]
    const y = await withBranch(weight, x, (g, value, w) => linear(g, value, w), { down, up })
    const own = plain.matmul(x, plain.transpose(weight, [1, 0]))
    const branch = plain.matmul(plain.matmul(x, down), up)
    expectClose(y, plain.zip(own.shape, own, branch, (a, b) => a + b).data)
  })

  it('beside a 3x3 convolution of stride 2 is the same as changing its kernels', async () => {
    const [weight, x] = [random([6, 4, 3, 3]), random([1, 4, 7, 8], 2)]
    const [down, up] = [random([2, 4, 3, 3], 3), random([6, 2, 1, 1], 4)]
    const padding = [1, 1, 1, 1] as const
    const y = await withBranch(weight, x, (g, value, w) => conv(g, value, w, { stride: 2, padding }), { down, up })
    const size = 4 * 9
    const merged = weight.data.map((value, i) => {
      const [out, at] = [Math.floor(i / size), i % size]
      return value + up.data[2 * out]! * down.data[at]! + up.data[2 * out + 1]! * down.data[size + at]!
    })
    expectClose(y, plain.conv2d(x, float32(merged, weight.shape), undefined, 2, padding).data)
  })

  it('is not there in modules that are not named', () => {
    const map = openSafetensors(
      writeSafetensors(path.join(folder, 'two.safetensors'), {
        'one.weight': { dtype: 'F32', shape: [2, 2], values: [1, 2, 3, 4] },
        'one.more.weight': { dtype: 'F32', shape: [2, 2], values: [1, 2, 3, 4] },
      }),
    ).tensors
    const g = new Graph('plain')
    const x = g.input('x', 'float32', [1, 2])
    const w = new Weights(map, '', new Set(['one']))
    linear(g, linear(g, x, w.at('one')), w.at('one').at('more'))
    expect(g.inputs.map(({ name }) => name)).toEqual(['x', 'one.lora_down', 'one.lora_up'])
  })
})
