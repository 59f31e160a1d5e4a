import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Graph, type Value } from '../../src/graph/graph.ts'
import * as modules from '../../src/graph/modules.ts'
import { add } from '../../src/graph/ops.ts'
import type { FloatTensor } from '../../src/tensor/tensor.ts'
import { openSafetensors, type WeightType } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'
import { temporaryFolder, weightOf, writeSafetensors, type TensorToWrite } from '../weights/write-safetensors.ts'
import { compute, cpu, expectClose, random } from './compute.ts'
import * as plain from './plain.ts'
import type { Numbers } from './plain.ts'

const folder = temporaryFolder()
let files = 0

/** A checkpoint of these tensors, opened. `pad` moves where they lie. */
function checkpoint(tensors: Record<string, TensorToWrite>, pad = 0): Weights {
  const file = writeSafetensors(path.join(folder, `${files++}.safetensors`), tensors, { pad })
  return new Weights(openSafetensors(file).tensors)
}

const asNumbers = ({ shape, values }: TensorToWrite): Numbers => ({ shape, data: values })

interface ModuleCase {
  readonly name: string
  readonly x: FloatTensor
  /** Shapes of the weights, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly build: (g: Graph, x: Value, w: Weights) => Value
  readonly expected: (x: Numbers, weights: Readonly<Record<string, Numbers>>) => Numbers
}

const pixels = random([2, 4, 5, 6])
const rows = random([3, 4])

const linearOf = (x: Numbers, { weight, bias }: Readonly<Record<string, Numbers>>): Numbers => {
  const product = plain.matmul(x, plain.transpose(weight!, [1, 0]))
  return bias ? plain.zip(product.shape, product, bias, (a, b) => a + b) : product
}

const cases: readonly ModuleCase[] = [
  {
    name: 'linear',
    x: random([2, 3, 4]),
    shapes: { weight: [5, 4], bias: [5] },
    build: modules.linear,
    expected: linearOf,
  },
  { name: 'linear without bias', x: rows, shapes: { weight: [5, 4] }, build: modules.linear, expected: linearOf },
  {
    name: 'conv',
    x: pixels,
    shapes: { weight: [3, 4, 3, 3], bias: [3] },
    build: (g, x, w) => modules.conv(g, x, w, { stride: 2, padding: [0, 0, 1, 1] }),
    expected: (x, { weight, bias }) => plain.conv2d(x, weight!, bias, 2, [0, 0, 1, 1]),
  },
  {
    name: 'conv of one pixel without bias',
    x: pixels,
    shapes: { weight: [3, 4, 1, 1] },
    build: modules.conv,
    expected: (x, { weight }) => plain.conv2d(x, weight!, undefined),
  },
  {
    name: 'conv3x3',
    x: pixels,
    shapes: { weight: [3, 4, 3, 3], bias: [3] },
    build: modules.conv3x3,
    expected: (x, { weight, bias }) => plain.conv2d(x, weight!, bias, 1, [1, 1, 1, 1]),
  },
  {
    name: 'layerNorm',
    x: rows,
    shapes: { weight: [4], bias: [4] },
    build: (g, x, w) => modules.layerNorm(g, x, w, 1e-3),
    expected: (x, { weight, bias }) => plain.layerNorm(x, weight!, bias!, 1e-3),
  },
  {
    name: 'groupNorm',
    x: pixels,
    shapes: { weight: [4], bias: [4] },
    build: (g, x, w) => modules.groupNorm(g, x, w, { groups: 2, epsilon: 1e-3 }),
    expected: (x, { weight, bias }) => plain.groupNorm(x, weight!, bias!, 2, 1e-3),
  },
]

const weightsOf = (shapes: ModuleCase['shapes'], dtype: WeightType) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape], salt) => [name, weightOf(shape, dtype, salt + 1)]))

describe.each(cases)('the module $name', ({ x, shapes, build, expected }) => {
  it.each(['F32', 'F16', 'BF16'] as const)('of a %s file computes what loops do', async (dtype) => {
    const tensors = weightsOf(shapes, dtype)
    const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`m.${name}`, tensor]))
    const w = checkpoint(named).at('m')
    const [got] = await compute([x], (g, [value]) => build(g, value!, w))
    const numbers = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, asNumbers(tensor)]))
    expectClose(got!, expected(x, numbers).data)
  })

  it.each(Object.keys(shapes))('refuses a %s of another shape, by name', (changed) => {
    const grown = shapes[changed]!.map((size, axis, all) => (axis === Math.min(1, all.length - 1) ? size + 1 : size))
    const tensors = weightsOf({ ...shapes, [changed]: grown }, 'F16')
    const named = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`deep.m.${name}`, tensor]))
    const g = new Graph('test')
    const input = g.input('x', 'float32', x.shape)
    expect(() => build(g, input, checkpoint(named).at('deep').at('m'))).toThrow(
      expect.objectContaining({
        code: 'weights/shape-mismatch',
        message: expect.stringContaining(`tensor deep.m.${changed} is [${grown.join(', ')}]`) as string,
        hint: expect.stringContaining('llmga models verify') as string,
      }),
    )
  })

  it('names a weight that is not there', () => {
    const g = new Graph('test')
    expect(() => build(g, g.input('x', 'float32', x.shape), new Weights(new Map(), 'm.'))).toThrow(
      expect.objectContaining({ code: 'weights/missing', message: expect.stringContaining('m.weight') as string }),
    )
  })
})

describe('modules', () => {
  it('linearRows computes what linear does, from the same weights', async () => {
    const tensors = weightsOf({ weight: [5, 4], bias: [5] }, 'F32')
    const w = checkpoint(tensors)
    const [got] = await compute([rows], (g, [x]) => modules.linearRows(g, x!, w, 5))
    expectClose(got!, linearOf(rows, { weight: asNumbers(tensors['weight']!), bias: asNumbers(tensors['bias']!) }).data)
    const g = new Graph('test')
    expect(() => modules.linearRows(g, g.input('x', 'float32', [3, 4]), w, 6)).toThrow(
      expect.objectContaining({
        code: 'weights/shape-mismatch',
        message: expect.stringContaining('tensor weight is [5, 4], the config asks for [6, 4]') as string,
      }),
    )
  })

  it('flattenPixels makes rows of pixels', async () => {
    const [got] = await compute([pixels], (g, [x]) => modules.flattenPixels(g, x!))
    expect(got!.shape).toEqual([2, 30, 4])
    const expected = plain.numbers([2, 30, 4], (b, pixel, c) =>
      plain.read(pixels, [b, c, Math.floor(pixel / 6), pixel % 6]),
    )
    expectClose(got!, expected.data)
  })

  it('need channels of a known size', () => {
    const g = new Graph('test')
    const x = g.input('x', 'float32', ['b', 'c', 'h', 'w'])
    expect(() => modules.groupNorm(g, x, new Weights(new Map()), { groups: 2, epsilon: 1 })).toThrow(/x \[b, c, h, w\]/)
  })
})

describe('the weights of a graph', () => {
  it('stay in their files: the model is small although they are large', async () => {
    const w = checkpoint({ weight: weightOf([500, 400]), bias: weightOf([500]) })
    const g = new Graph('large')
    const y = modules.linear(g, g.input('x', 'float32', ['b', 400]), w)
    g.output('y', y)
    expect(g.weightBytes).toBe(500 * 401 * 4)
    expect(g.toModel().length).toBeLessThan(1000)
    const session = await cpu.load(g)
    expect(session.weightBytes).toBe(g.weightBytes)
    await session.release()
  })

  it.each([0, 1, 2, 3, 5, 7])('are read at any place in the file: %d bytes further', async (pad) => {
    const tensors = { weight: weightOf([5, 4], 'F16'), bias: weightOf([5], 'F32', 2), other: weightOf([3], 'BF16', 3) }
    const odd = { mark: { dtype: 'U8', shape: [1], values: [1] }, ...tensors } as const
    const w = checkpoint(odd, pad)
    const [got, other] = await compute([rows], (g, [x]) => [modules.linear(g, x!, w), g.weight(w.entry('other'))])
    expectClose(got!, linearOf(rows, { weight: asNumbers(tensors.weight), bias: asNumbers(tensors.bias) }).data)
    expectClose(other!, tensors.other.values, 1e-9)
  })

  it('may lie in a folder of any name, and behind a link as in a Hugging Face cache', async () => {
    const blobs = path.join(folder, 'blöbs & #1 %20 {x}')
    mkdirSync(blobs)
    const tensor = weightOf([4], 'F16')
    writeSafetensors(path.join(blobs, 'd34db33f'), { w: tensor })
    symlinkSync(path.join(blobs, 'd34db33f'), path.join(folder, 'linked.safetensors'))
    for (const file of [path.join(blobs, 'd34db33f'), path.join(folder, 'linked.safetensors')]) {
      const w = new Weights(openSafetensors(file).tensors)
      const [got] = await compute([], (g) => g.weight(w.entry('w')))
      expectClose(got!, tensor.values)
    }
  })

  it('of two files may have one name', async () => {
    const [first, second] = [weightOf([4], 'F16', 1), weightOf([4], 'F16', 2)]
    const [a, b] = [checkpoint({ 'norm.weight': first }), checkpoint({ 'norm.weight': second })]
    const [got] = await compute([rows], (g, [x]) =>
      [a, b, a].reduce((sum, w) => add(g, sum, g.weight(w.at('norm').entry('weight'))), x!),
    )
    const expected = plain.numbers(
      [3, 4],
      (row, i) => plain.read(rows, [row, i]) + 2 * first.values[i]! + second.values[i]!,
    )
    expectClose(got!, expected.data)
  })

  it('are stored and cast once, however often they are used', () => {
    const w = checkpoint({ weight: weightOf([4], 'BF16') })
    const g = new Graph('test')
    expect(g.weight(w.entry('weight'))).toBe(g.weight(w.entry('weight')))
    expect(g.weights.size).toBe(1)
    expect(g.nodes.map(({ op }) => op)).toEqual(['Cast'])
  })

  it.each(['I64', 'I32', 'I8', 'U8', 'BOOL'] as const)('may be %s', async (dtype) => {
    const w = checkpoint({ w: { dtype, shape: [3], values: [1, 0, 1] } })
    const [got] = await compute([], (g) => g.weight(w.entry('w')))
    expect(Array.from<number | bigint, number>(got!.data as Uint8Array, Number)).toEqual([1, 0, 1])
  })

  it.each(['F64', 'I16'] as const)('may not be %s, which is said by name', (dtype) => {
    const w = checkpoint({ 'a.w': { dtype, shape: [1], values: [1] } })
    expect(() => new Graph('test').weight(w.at('a').entry('w'))).toThrow(
      expect.objectContaining({
        code: 'model/unsupported',
        message: expect.stringMatching(new RegExp(`tensor a\\.w has dtype ${dtype}`)) as string,
      }),
    )
  })
})

describe('constants of a graph', () => {
  it('are stored once when they are equal, and apart when only their bytes are', async () => {
    const g = new Graph('test')
    expect(g.scalar(0)).toBe(g.scalar(0))
    expect(g.integers([1, 2])).toBe(g.integers([1, 2]))
    const zeros = [g.scalar(0), g.constant(new Int32Array(1), []), g.constant(new Float32Array(1), [1]), g.scalar(-0)]
    expect(new Set(zeros.map(({ name }) => name)).size).toBe(4)
    const view = Float32Array.of(1, 2, 3).subarray(1)
    const results = await compute([], (h) => [
      h.constant(view, [2]),
      h.constant(Uint8Array.of(1, 0), [2]),
      h.integers([-1, 2 ** 40]),
    ])
    expect(results.map(({ data }) => data)).toEqual([
      Float32Array.of(2, 3),
      Uint8Array.of(1, 0),
      BigInt64Array.of(-1n, 2n ** 40n),
    ])
  })
})
