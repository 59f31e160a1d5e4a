import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Graph, type Value } from '../../src/graph/graph.ts'
import { halfPrecisionObstacle, toHalfPrecision } from '../../src/graph/half-precision.ts'
import { conv3x3, groupNorm, layerNorm, linear, linearRows } from '../../src/graph/modules.ts'
import {
  add,
  divide,
  gather,
  matmul,
  maskedScore,
  multiply,
  reduceMean,
  scale,
  silu,
  sin,
  softmax,
  sqrt,
  transpose,
  upsampleNearest,
} from '../../src/graph/ops.ts'
import { float32, int64, type Tensor } from '../../src/tensor/tensor.ts'
import { openSafetensors, type WeightType } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'
import { halfAllowance } from '../golden/half-tolerance.ts'
import { temporaryFolder, weightOf, writeSafetensors } from '../weights/write-safetensors.ts'
import { cpu, random } from './compute.ts'

const folder = temporaryFolder()

function weights(dtype: WeightType): Weights {
  const tensors = {
    'linear.weight': weightOf([12, 12], dtype, 1),
    'linear.bias': weightOf([12], dtype, 2),
    'norm.weight': weightOf([12], dtype, 3),
    'norm.bias': weightOf([12], dtype, 4),
    'conv.weight': weightOf([12, 12, 3, 3], dtype, 5),
    'conv.bias': weightOf([12], dtype, 6),
    'table.weight': weightOf([9, 12], dtype, 7),
  }
  return new Weights(openSafetensors(writeSafetensors(path.join(folder, `${dtype}.safetensors`), tensors)).tensors)
}

const causal = Float32Array.from({ length: 25 }, (_, i) => (i % 5 > Math.floor(i / 5) ? maskedScore : 0))

/** Attention of the operator, with the lowest float32 where a token may not look. */
const attention = (g: Graph, x: Value): Value =>
  g.node('MultiHeadAttention', [x, x, x, undefined, undefined, g.constant(causal, [1, 1, 5, 5])], x, {
    domain: 'com.microsoft',
    attributes: { num_heads: { int: 3 } },
  })

/** The same, of one head, as products. */
function products(g: Graph, x: Value): Value {
  const scores = matmul(g, scale(g, x, 12 ** -0.5), transpose(g, x, [0, 2, 1]))
  return matmul(g, softmax(g, add(g, scores, g.constant(causal, [1, 5, 5]))), x)
}

/** A graph x -> y over inputs of 12 channels or columns, by name. */
const written: Readonly<Record<string, (g: Graph, x: Value, w: Weights) => Value>> = {
  linear: (g, x, w) => silu(g, linear(g, x, w.at('linear'))),
  'linear in rows': (g, x, w) => linearRows(g, { ...x, shape: [2, 12] }, w.at('linear'), 12),
  convolution: (g, x, w) => upsampleNearest(g, conv3x3(g, x, w.at('conv')), 2),
  'group norm': (g, x, w) => conv3x3(g, groupNorm(g, x, w.at('norm'), { groups: 3, epsilon: 1e-5 }), w.at('conv')),
  'layer norm': (g, x, w) => layerNorm(g, linear(g, x, w.at('linear')), w.at('norm'), 1e-5),
  'masked attention': (g, x, w) => attention(g, linear(g, x, w.at('linear'))),
  'masked products': (g, x, w) => products(g, linear(g, x, w.at('linear'))),
}

const inputOf = (name: string): Tensor =>
  random(/conv|group/.test(name) ? [1, 12, 6, 4] : name.includes('rows') ? [2, 12] : [2, 5, 12], 9)

function graph(name: string, w: Weights): Graph {
  const g = new Graph(name)
  g.output('y', written[name]!(g, g.input('x', 'float32', inputOf(name).shape), w))
  return g
}

async function run(g: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<number[]> {
  const session = await cpu.load(g)
  const { y } = await session.run(inputs)
  await session.release()
  expect(y!.dtype).toBe('float32')
  return [...(y!.data as Float32Array)]
}

const halved = (g: Graph): Graph => (toHalfPrecision(g), g)
const typesOf = (g: Graph, op: string) => g.nodes.filter((n) => n.op === op).map((n) => n.outputs[0]!.dtype)

describe('a graph in fp16', () => {
  it.each(Object.keys(written).flatMap((name) => (['F32', 'F16'] as const).map((dtype) => [name, dtype] as const)))(
    'gives what it gives in fp32, to its own digits: %s, weights of %s',
    async (name, dtype) => {
      const w = weights(dtype)
      const x = inputOf(name)
      const right = await run(graph(name, w), { x })
      const half = halved(graph(name, w))
      expect(half.nodes.some(({ outputs }) => outputs[0]!.dtype === 'float16')).toBe(true)
      const got = await run(half, { x })
      const errors = got.map((value, i) => Math.abs(value - right[i]!))
      const worst = errors.reduce((a, b) => (a > b || Number.isNaN(a) ? a : b), 0)
      // The CPU rounds where it has an fp16 kernel; elsewhere onnxruntime computes in float32 between the casts.
      if (name === 'linear') expect(worst).toBeGreaterThan(0)
      expect(worst).toBeLessThanOrEqual(halfAllowance(right) / 4)
    },
  )

  it('uses F16 weights as they lie', async () => {
    const g = halved(graph('linear', weights('F16')))
    const stored = g.nodes.filter(({ inputs }) => inputs.some((input) => input?.name === 'linear.weight'))
    expect(stored.map(({ op, outputs }) => [op, outputs[0]!.dtype])).toEqual([['Transpose', 'float16']])
    const h = new Graph('embedding')
    h.output('y', gather(h, h.weight(weights('F16').at('table').entry('weight')), h.input('ids', 'int64', [2])))
    expect(await run(halved(h), { ids: int64([8, 0]) })).toEqual(
      [8, 0].flatMap((row) => weightOf([9, 12], 'F16', 7).values.slice(row * 12, row * 12 + 12)),
    )
  })

  it('keeps its inputs and outputs, and sizes by which it enlarges, in float32', () => {
    const g = halved(graph('convolution', weights('F16')))
    expect([...g.inputs, ...g.outputs].map(({ dtype }) => dtype)).toEqual(['float32', 'float32'])
    const [resize] = g.nodes.filter(({ op }) => op === 'Resize')
    expect(resize!.inputs.map((input) => input?.dtype)).toEqual(['float16', undefined, 'float32'])
  })

  it('computes squares before a mean, scores with their mask and the angles of time in float32', async () => {
    const g = new Graph('range')
    const x = g.input('x', 'float32', [1, 4])
    const length = sqrt(g, reduceMean(g, multiply(g, x, x), [-1]))
    g.output(
      'y',
      add(g, matmul(g, divide(g, x, length), g.constant(Float32Array.of(1, 1, 1, 1), [4, 1])), sin(g, length)),
    )
    const inputs = { x: float32(Float32Array.of(1000, 2000, 3000, 4000), [1, 4]) }
    const right = await run(g, inputs)
    const got = await run(halved(g), inputs) // 4000 squared is beyond fp16
    expect(Math.abs(got[0]! - right[0]!)).toBeLessThan(halfAllowance(right) / 4)
    expect(typesOf(g, 'Mul')).toEqual(['float32'])
    expect(typesOf(g, 'MatMul')).toEqual(['float16'])
    expect(typesOf(halved(graph('masked products', weights('F16'))), 'Softmax')).toEqual(['float32'])
  })

  it('bounds what is beyond its range instead of making it infinite', async () => {
    const file = path.join(folder, 'far.safetensors')
    writeSafetensors(file, { far: { dtype: 'F32', shape: [2], values: [2 ** 100, -(2 ** 100)] } })
    const g = new Graph('far')
    const weight = g.weight(openSafetensors(file).tensors.get('far')!)
    const product = multiply(g, g.input('x', 'float32', [1, 2]), weight)
    g.output('y', matmul(g, product, g.constant(Float32Array.of(1, 0, 0, 1), [2, 2])))
    expect(await run(halved(g), { x: float32(Float32Array.of(0.5, 1), [1, 2]) })).toEqual([32752, -65504])
    const h = new Graph('far input')
    h.output(
      'y',
      softmax(h, matmul(h, h.input('x', 'float32', [1, 2]), h.constant(Float32Array.of(1, 0, 0, 1), [2, 2]))),
    )
    expect(await run(halved(h), { x: float32(Float32Array.of(maskedScore, 1), [1, 2]) })).toEqual([0, 1])
  })

  it('is not changed by rewriting it again', () => {
    for (const name of Object.keys(written)) {
      const g = halved(graph(name, weights('F16')))
      const before = [...g.nodes]
      expect(halved(g).nodes).toEqual(before)
    }
  })
})

describe('a graph with bf16 weights', () => {
  it('should stay in float32: its range is not fp16’s', () => {
    expect(halfPrecisionObstacle(graph('linear', weights('BF16')))).toMatch(/bf16/)
    for (const dtype of ['F32', 'F16'] as const)
      expect(halfPrecisionObstacle(graph('linear', weights(dtype)))).toBeUndefined()
  })
})
