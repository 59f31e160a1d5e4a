import { describe, expect, it } from 'vitest'
import { Graph, type Value } from '../../src/graph/graph.ts'
import * as ops from '../../src/graph/ops.ts'
import { compute, expectClose, random } from './compute.ts'
import * as plain from './plain.ts'

type OneToOne = (g: Graph, x: Value) => Value

const unary: readonly (readonly [name: string, op: OneToOne, f: (x: number) => number])[] = [
  ['sigmoid', ops.sigmoid, plain.sigmoid],
  ['tanh', ops.tanh, Math.tanh],
  ['cos', ops.cos, Math.cos],
  ['sin', ops.sin, Math.sin],
  ['exp', ops.exp, Math.exp],
  ['sqrt of a square', (g, x) => ops.sqrt(g, ops.multiply(g, x, x)), Math.abs],
  ['erf', ops.erf, plain.erf],
  ['relu', ops.relu, (x) => Math.max(0, x)],
  ['scale', (g, x) => ops.scale(g, x, -0.25), (x) => -0.25 * x],
  ['silu', ops.silu, (x) => x * plain.sigmoid(x)],
  ['gelu', ops.gelu, (x) => (x * (1 + plain.erf(x / Math.SQRT2))) / 2],
  ['geluTanh', ops.geluTanh, (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ['quickGelu', ops.quickGelu, (x) => x * plain.sigmoid(1.702 * x)],
  ['mish', ops.activations['mish']!, (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
]

const binary = [
  ['add', ops.add, (a: number, b: number) => a + b],
  ['subtract', ops.subtract, (a: number, b: number) => a - b],
  ['multiply', ops.multiply, (a: number, b: number) => a * b],
  ['divide', ops.divide, (a: number, b: number) => a / b],
] as const

describe('an element-wise operator', () => {
  it.each(unary)('%s', async (_, op, f) => {
    const x = random([2, 3, 4])
    x.data.set([0, -9, 9, -0.5])
    const [got] = await compute([x], (g, [value]) => op(g, value!))
    expectClose(got!, plain.map(x, f).data)
  })

  it.each(binary)('%s, with shapes that are broadcast', async (_, op, f) => {
    for (const [left, right, shape] of [
      [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      [[2, 3, 4], [4], [2, 3, 4]],
      [
        [3, 1],
        [2, 1, 4],
        [2, 3, 4],
      ],
      [[1], [2, 3], [2, 3]],
      [[], [2, 3], [2, 3]],
    ] as const) {
      const [a, b] = [random(left, 3), random(right, 4)]
      const [got] = await compute([a, b], (g, [x, y]) => op(g, x!, y!))
      expectClose(got!, plain.zip(shape, a, b, f).data)
    }
  })

  it('of the table of activations is known by the names of configs', () => {
    const names = ['silu', 'swish', 'gelu', 'gelu_new', 'gelu_pytorch_tanh', 'quick_gelu', 'relu', 'mish']
    expect(Object.keys(ops.activations).sort()).toEqual(names.sort())
    expect(ops.activations['gelu']).toBe(ops.gelu)
    expect(ops.activations['gelu_new']).toBe(ops.geluTanh)
    expect(ops.activations['gelu_pytorch_tanh']).toBe(ops.geluTanh)
    expect(ops.activations['quick_gelu']).toBe(ops.quickGelu)
    expect(ops.activations['swish']).toBe(ops.silu)
  })

  it('compares, chooses and casts', async () => {
    const [a, b] = [random([2, 3], 5), random([3], 6)]
    const [chosen, flags, whole] = await compute([a, b], (g, [x, y]) => {
      const holds = ops.greaterOrEqual(g, x!, y!)
      return [ops.where(g, holds, x!, y!), holds, ops.cast(g, x!, 'int64')]
    })
    expectClose(chosen!, plain.zip([2, 3], a, b, Math.max).data)
    expectClose(flags!, plain.zip([2, 3], a, b, (x, y) => (x >= y ? 1 : 0)).data)
    expectClose(whole!, plain.map(a, Math.trunc).data)
  })

  it('masks with a score that leaves no share and no NaN', async () => {
    const x = random([2, 2])
    x.data.set([ops.maskedScore, 0.5, ops.maskedScore, ops.maskedScore])
    const [got] = await compute([x], (g, [value]) => ops.softmax(g, value!))
    expect([...(got!.data as Float32Array)]).toEqual([0, 1, 0.5, 0.5])
  })
})

describe('a product of matrices', () => {
  it.each([
    [
      [3, 4],
      [4, 5],
    ],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [
      [2, 2, 3, 4],
      [2, 2, 4, 5],
    ],
    [
      [2, 2, 3, 4],
      [2, 1, 4, 5],
    ],
  ])('matmul of %j and %j', async (left, right) => {
    const [a, b] = [random(left, 1), random(right, 2)]
    const [got] = await compute([a, b], (g, [x, y]) => ops.matmul(g, x!, y!))
    expectClose(got!, plain.matmul(a, b).data)
  })

  it('matmul refuses sizes that do not meet', () => {
    const g = new Graph('test')
    const [a, b] = [g.input('left', 'float32', [2, 3]), g.input('right', 'float32', [4, 5])]
    expect(() => ops.matmul(g, a, b)).toThrow(
      expect.objectContaining({
        code: 'weights/shape-mismatch',
        message: expect.stringMatching(/left \[2, 3\] and right \[4, 5\]/) as string,
      }),
    )
  })
})
