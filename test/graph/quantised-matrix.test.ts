import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { linear, linearRows } from '../../src/graph/modules.ts'
import { dequantiseRows } from '../../src/weights/quantise.ts'
import { withQuantised, writeQuantised } from '../../src/weights/quantised-file.ts'
import { openSafetensors, readWeight, readWeightBytes } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'
import { temporaryFolder, weightOf, writeSafetensors } from '../weights/write-safetensors.ts'
import { compute, random } from './compute.ts'

const folder = temporaryFolder()

describe('a linear layer with a quantised matrix', () => {
  it.each([
    [4, 32, 64, 'F32'],
    [4, 64, 128, 'F16'],
    [4, 64, 72, 'BF16'], // a last block that is not full
    [8, 32, 64, 'F16'],
    [8, 64, 72, 'F32'],
  ] as const)('of %i bits in blocks of %i over %i columns of %s multiplies by the codes', async (...which) => {
    const [bits, blockSize, input, dtype] = which
    const source = openSafetensors(
      writeSafetensors(path.join(folder, `${which.join('-')}.safetensors`), {
        'layer.weight': weightOf([24, input], dtype, 3),
        'layer.bias': weightOf([24], dtype, 5),
      }),
    ).tensors
    const formats = new Map([['layer.weight', { bits, blockSize }]])
    const file = path.join(folder, `${which.join('-')}-codes.safetensors`)
    await writeQuantised(file, source, formats)
    const map = withQuantised(source, file, formats)
    const { quantised, ...rest } = map.get('layer.weight')!
    expect(rest).toEqual(source.get('layer.weight'))
    expect(map.get('layer.bias')).toBe(source.get('layer.bias'))

    const rows = {
      codes: readWeightBytes(quantised!.codes),
      scales: readWeight(quantised!.scales).data as Float32Array<ArrayBuffer>,
    }
    const weight = dequantiseRows(rows, input, { bits, blockSize })
    const bias = readWeight(map.get('layer.bias')!).data as Float32Array
    const x = random([5, input])
    const expected = Array.from({ length: 5 * 24 }, (_, i) => {
      const [row, out] = [Math.floor(i / 24), i % 24]
      let sum = bias[out]!
      for (let k = 0; k < input; k++) sum += x.data[row * input + k]! * weight[out * input + k]!
      return sum
    })
    const w = new Weights(map).at('layer')
    for (const [result] of [
      await compute([x], (g, [value]) => linearRows(g, value!, w, 24)),
      await compute([x], (g, [value]) => linear(g, value!, w)),
    ]) {
      // The activations are rounded to 8 bits a block, too.
      const furthest = expected.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - Number(result!.data[i]))),
        0,
      )
      expect(furthest).toBeLessThan(0.01 * Math.max(...expected.map(Math.abs)))
    }
  })
})
