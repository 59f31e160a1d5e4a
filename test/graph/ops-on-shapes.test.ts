import { describe, expect, it } from 'vitest'
import { Graph, type Value } from '../../src/graph/graph.ts'
import * as ops from '../../src/graph/ops.ts'
import { int64, type Tensor } from '../../src/tensor/tensor.ts'
import { compute, expectClose, random } from './compute.ts'
import * as plain from './plain.ts'
import type { Numbers } from './plain.ts'

const x234 = random([2, 3, 4], 7)

describe('an operator that moves values', () => {
  const movers: readonly (readonly [string, (g: Graph, x: Value) => Value, Numbers])[] = [
    ['transpose', (g, x) => ops.transpose(g, x, [2, 0, 1]), plain.transpose(x234, [2, 0, 1])],
    ['reshape, with a kept and a free size', (g, x) => ops.reshape(g, x, [0, -1], [2, 12]), x234],
    ['reshapeLike', (g, x) => ops.reshapeLike(g, ops.transpose(g, x, [2, 0, 1]), x), plain.transpose(x234, [2, 0, 1])],
    [
      'concat',
      (g, x) => ops.concat(g, [x, x], 1),
      plain.numbers([2, 6, 4], (a, b, c) => plain.read(x234, [a, b % 3, c])),
    ],
    [
      'concat on the last axis',
      (g, x) => ops.concat(g, [x, x], -1),
      plain.numbers([2, 3, 8], (a, b, c) => plain.read(x234, [a, b, c % 4])),
    ],
    [
      'slice',
      (g, x) => ops.slice(g, x, 1, 1, 3),
      plain.numbers([2, 2, 4], (a, b, c) => plain.read(x234, [a, b + 1, c])),
    ],
    [
      'slice from the end',
      (g, x) => ops.slice(g, x, -1, -3, -1),
      plain.numbers([2, 3, 2], (a, b, c) => plain.read(x234, [a, b, c + 1])),
    ],
    [
      'slice to beyond the end',
      (g, x) => ops.slice(g, x, 2, 1, 99),
      plain.numbers([2, 3, 3], (a, b, c) => plain.read(x234, [a, b, c + 1])),
    ],
    [
      'slice to the end from the end',
      (g, x) => ops.slice(g, x, 2, -1, 99),
      plain.numbers([2, 3, 1], (a, b) => plain.read(x234, [a, b, 3])),
    ],
    ['unsqueeze', (g, x) => ops.unsqueeze(g, x, [3, 1]), x234],
    [
      'reduceMean',
      (g, x) => ops.reduceMean(g, x, [-1, 0]),
      plain.numbers(
        [1, 3, 1],
        (_, b) => [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, i) => sum + plain.read(x234, [i >> 2, b, i & 3]), 0) / 8,
      ),
    ],
    [
      'expand',
      (g, x) => ops.expand(g, ops.reshape(g, x, [2, 1, 3, 4], [2, 1, 3, 4]), g.integers([2, 5, 3, 4]), [2, 5, 3, 4]),
      plain.numbers([2, 5, 3, 4], (a, _, b, c) => plain.read(x234, [a, b, c])),
    ],
    ['softmax', (g, x) => ops.softmax(g, x), plain.softmax(x234)],
  ]
  it.each(movers)('%s', async (_, op, expected) => {
    const [got] = await compute([x234], (g, [x]) => op(g, x!))
    expectClose(got!, expected.data)
  })

  it('split', async () => {
    const parts = await compute([x234], (g, [x]) => ops.split(g, x!, [1, 3], -1))
    expect(parts).toHaveLength(2)
    expectClose(parts[0]!, plain.numbers([2, 3, 1], (a, b) => plain.read(x234, [a, b, 0])).data)
    expectClose(parts[1]!, plain.numbers([2, 3, 3], (a, b, c) => plain.read(x234, [a, b, c + 1])).data)
  })

  it('gather takes rows by index', async () => {
    const table = random([5, 3], 8)
    const rows = int64([4, 0, 4, 2], [2, 2])
    const [got] = await compute([table, rows], (g, [x, i]) => ops.gather(g, x!, i!))
    const expected = plain.numbers([2, 2, 3], (a, b, c) => plain.read(table, [Number(rows.data[a * 2 + b]), c]))
    expectClose(got!, expected.data)
  })

  it('shapeOf gives the sizes that the graph runs with', async () => {
    const [got] = await compute([x234], (g, [x]) => ops.shapeOf(g, x!), [['b', 'rows', 4]])
    expect(got!.data).toEqual(BigInt64Array.of(2n, 3n, 4n))
  })

  it.each([
    ['add', (g: Graph, a: Value, b: Value) => ops.add(g, a, b), [2, 3], [2, 4]],
    ['where', (g: Graph, a: Value, b: Value) => ops.where(g, g.input('c', 'bool', [1]), a, b), [2, 3], [2, 4]],
    ['concat', (g: Graph, a: Value, b: Value) => ops.concat(g, [a, b], 0), [2, 3], [2, 4]],
    ['concat of other ranks', (g: Graph, a: Value, b: Value) => ops.concat(g, [a, b], 0), [2, 3], [2, 3, 1]],
    ['split', (g: Graph, a: Value) => ops.split(g, a, [1, 1], 1)[0]!, [2, 3], [1]],
  ] as const)('%s refuses shapes that do not fit, by name', (_, op, left, right) => {
    const g = new Graph('test')
    const act = () => op(g, g.input('left', 'float32', left), g.input('right', 'float32', right))
    expect(act).toThrow(
      expect.objectContaining({
        code: 'weights/shape-mismatch',
        message: expect.stringContaining(`left [${left.join(', ')}]`) as string,
      }),
    )
  })
})

describe('a convolution', () => {
  it.each([
    ['keeps the size', 3, 1, [1, 1, 1, 1]],
    ['of one pixel', 1, 1, [0, 0, 0, 0]],
    ['without padding', 3, 1, [0, 0, 0, 0]],
    ['of stride 2', 3, 2, [1, 1, 1, 1]],
    ['of stride 2, padded right and below', 3, 2, [0, 0, 1, 1]],
    ['padded on each side differently', 5, 3, [0, 1, 2, 3]],
    ['in patches', 4, 4, [0, 0, 0, 0]],
  ] as const)('%s', async (_, kernel, stride, padding) => {
    for (const [height, width] of [
      [8, 8],
      [7, 9],
    ] as const) {
      const [x, weight, bias] = [random([2, 3, height, width], 1), random([4, 3, kernel, kernel], 2), random([4], 3)]
      const [got, bare] = await compute([x, weight, bias], (g, [a, b, c]) => [
        ops.conv2d(g, a!, b!, c, { stride, padding }),
        ops.conv2d(g, a!, b!, undefined, { stride, padding }),
      ])
      expectClose(got!, plain.conv2d(x, weight, bias, stride, padding).data)
      expectClose(bare!, plain.conv2d(x, weight, undefined, stride, padding).data)
    }
  })

  it('takes pictures of any size, and names the sizes that it keeps', async () => {
    const [x, weight] = [random([1, 2, 5, 6], 1), random([3, 2, 3, 3], 2)]
    const notes: (readonly (number | string)[])[] = []
    const write = (g: Graph, [a, b]: Value[]) => {
      const kept = ops.conv2d(g, a!, b!, undefined, { padding: [1, 1, 1, 1] })
      const halved = ops.conv2d(g, a!, b!, undefined, { stride: 2, padding: [1, 1, 1, 1] })
      const smaller = ops.conv2d(g, a!, b!, undefined)
      notes.push(kept.shape, halved.shape, smaller.shape)
      return [kept, halved, smaller]
    }
    const [kept, halved, smaller] = await compute([x, weight], write, [['b', 2, 'h', 'w'], weight.shape])
    expectClose(kept!, plain.conv2d(x, weight, undefined, 1, [1, 1, 1, 1]).data)
    expectClose(halved!, plain.conv2d(x, weight, undefined, 2, [1, 1, 1, 1]).data)
    expectClose(smaller!, plain.conv2d(x, weight, undefined).data)
    expect(notes[0]).toEqual(['b', 3, 'h', 'w'])
    expect(notes[1]).not.toContain('h')
    expect(notes[2]).not.toContain('h')
  })
})

describe('a normalisation', () => {
  it.each([1, 2, 6])('groupNorm of %d groups', async (groups) => {
    const [x, weight, bias] = [random([2, 6, 3, 5], 1), random([6], 2), random([6], 3)]
    const [got] = await compute([x, weight, bias], (g, [a, b, c]) => ops.groupNorm(g, a!, b!, c!, groups, 1e-3))
    expectClose(got!, plain.groupNorm(x, weight, bias, groups, 1e-3).data)
  })

  it('groupNorm refuses groups that do not divide the channels', () => {
    const g = new Graph('test')
    const [x, w] = [g.input('x', 'float32', [2, 6, 2, 2]), g.input('w', 'float32', [6])]
    expect(() => ops.groupNorm(g, x, w, w, 4, 1e-5)).toThrow(
      expect.objectContaining({ code: 'weights/shape-mismatch', message: expect.stringMatching(/4 groups/) as string }),
    )
  })

  it('layerNorm', async () => {
    const [x, weight, bias] = [random([2, 3, 8], 1), random([8], 2), random([8], 3)]
    const [got] = await compute([x, weight, bias], (g, [a, b, c]) => ops.layerNorm(g, a!, b!, c!, 1e-3))
    expectClose(got!, plain.layerNorm(x, weight, bias, 1e-3).data)
  })
})

describe('a nearest resize', () => {
  it.each([
    [3, 5, 6, 10],
    [3, 5, 5, 9],
    [4, 4, 7, 8],
    [6, 10, 10, 14],
    [10, 49, 15, 98],
    [8, 9, 3, 4],
    [1, 1, 3, 2],
  ])('of %d x %d to %d x %d takes floor(i x in / out)', async (height, width, toHeight, toWidth) => {
    const x = random([2, 2, height, width])
    const shape = [2, 2, toHeight, toWidth]
    const [got] = await compute([x], (g, [a]) => ops.resizeNearest(g, a!, g.integers(shape), shape))
    expectClose(got!, plain.nearest(x, toHeight, toWidth).data, 1e-9)
  })

  it.each([2, 3])('upsampleNearest by %d', async (factor) => {
    const x = random([2, 2, 3, 5])
    const expected = plain.nearest(x, 3 * factor, 5 * factor)
    const [got, free] = [
      await compute([x], (g, [a]) => ops.upsampleNearest(g, a!, factor)),
      await compute([x], (g, [a]) => ops.upsampleNearest(g, a!, factor), [['b', 2, 'h', 'w']]),
    ].map((tensors): Tensor => tensors[0]!)
    expectClose(got!, expected.data, 1e-9)
    expectClose(free!, expected.data, 1e-9)
  })
})
