import { describe, expect, it } from 'vitest'
import type { MaskShape } from '../../src/contract/inference.ts'
import { drawShapes, type ReadyShape } from '../../src/image/mask-shapes.ts'
import type { GreyImage } from '../../src/image/rgb-image.ts'

/** Rows of a mask as text: # is marked. */
const rowsOf = ({ width, height, data }: GreyImage): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value === 255 ? '#' : '.')).join(''),
  )
const draw = (shape: ReadyShape, width = 8, height = 4) => rowsOf(drawShapes([shape], { width, height }))
const marked = (mask: GreyImage) => mask.data.filter((value) => value === 255).length
const white = (width: number, height: number, value = 255) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
})

describe('a mask from', () => {
  it('boxes has the pixels that they cover', () => {
    expect(draw({ type: 'boxes', boxes: [{ x: 0.25, y: 0.5, width: 0.5, height: 0.5 }] })).toEqual([
      '........',
      '........',
      '..####..',
      '..####..',
    ])
  })

  it('a box thinner than a pixel has that pixel', () => {
    expect(draw({ type: 'boxes', boxes: [{ x: 0.99, y: 0, width: 0.01, height: 0.01 }] })[0]).toBe('.......#')
  })

  it('cells of a grid, along its rows', () => {
    expect(draw({ type: 'cells', columns: 4, rows: 2, cells: [1, 6] })).toEqual([
      '..##....',
      '..##....',
      '....##..',
      '....##..',
    ])
  })

  it('all cells covers everything, at a size that they do not divide', () => {
    const cells = Array.from({ length: 9 }, (_, i) => i)
    expect(draw({ type: 'cells', columns: 3, rows: 3, cells }, 7, 5)).toEqual(new Array(5).fill('#######'))
  })

  it('one dot of a round brush is a disc with hard edges', () => {
    const mask = drawShapes([{ type: 'strokes', strokes: [{ points: [[0.5, 0.5]], radius: 0.25 }] }], {
      width: 100,
      height: 100,
    })
    expect(new Set(mask.data)).toEqual(new Set([0, 255]))
    expect(Math.abs(marked(mask) - Math.PI * 25 ** 2)).toBeLessThan(30)
  })

  it('a stroke marks all that lies within its radius, in any direction', () => {
    const [width, height] = [60, 40]
    const [a, b, radius] = [[10, 8], [45, 31], 6] as const
    const points = [a, b].map(([x, y]) => [x / width, y / height] as const)
    const mask = drawShapes([{ type: 'strokes', strokes: [{ points, radius: radius / height }] }], { width, height })
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [px, py] = [x + 0.5 - a[0], y + 0.5 - a[1]]
        const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
        const share = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy)))
        const distance = Math.hypot(px - share * dx, py - share * dy)
        if (Math.abs(distance - radius) > 1e-6)
          expect(mask.data[y * width + x], `${x}, ${y}`).toBe(distance < radius ? 255 : 0)
      }
  })

  it('a stroke along a row or a column is as wide everywhere', () => {
    const along = {
      type: 'strokes',
      strokes: [
        {
          points: [
            [0, 0.5],
            [1, 0.5],
          ],
          radius: 0.25,
        },
      ],
    } as const
    expect(draw(along)).toEqual(['........', '########', '########', '........'])
  })

  it('the finest brush leaves something', () => {
    const mask = drawShapes([{ type: 'strokes', strokes: [{ points: [[0.5, 0.5]], radius: 1e-9 }] }], {
      width: 64,
      height: 64,
    })
    expect(marked(mask)).toBeGreaterThan(0)
  })

  it('a stroke that erases takes away what any shape before it marked', () => {
    const shapes: readonly ReadyShape[] = [
      { type: 'boxes', boxes: [{ x: 0, y: 0, width: 1, height: 1 }] },
      {
        type: 'strokes',
        strokes: [
          {
            points: [
              [0, 0.5],
              [1, 0.5],
            ],
            radius: 0.25,
            erase: true,
          },
        ],
      },
      { type: 'cells', columns: 8, rows: 4, cells: [8] },
    ]
    expect(rowsOf(drawShapes(shapes, { width: 8, height: 4 }))).toEqual([
      '########',
      '#.......',
      '........',
      '########',
    ])
  })

  it('a picture is white from 125 on, at its own size and at another of the same ratio', () => {
    const image = white(8, 4, 124)
    image.data.fill(125, 0, 3)
    expect(draw({ type: 'image', image })).toEqual(['#.......', '........', '........', '........'])
    expect(draw({ type: 'image', image: white(16, 8) })).toEqual(new Array(4).fill('########'))
    expect(draw({ type: 'image', image: white(3, 2) }, 300, 199)).toHaveLength(199) // 300 x 200, cut by a pixel
  })

  it('an alpha channel marks what is transparent below 125', () => {
    const mask = drawShapes([{ type: 'alpha' }], { width: 3, height: 1, alpha: new Uint8Array([0, 124, 125]) })
    expect(rowsOf(mask)).toEqual(['##.'])
  })
})

describe('a mask may not be', () => {
  const stroke = (points: readonly (readonly [number, number])[], radius: number): MaskShape => ({
    type: 'strokes',
    strokes: [{ points, radius }],
  })
  const box = (x: number, y: number, width: number, height: number): ReadyShape => ({
    type: 'boxes',
    boxes: [{ x, y, width, height }],
  })
  it.each<[string, ReadyShape, RegExp]>([
    ['a picture of another ratio', { type: 'image', image: white(8, 8) }, /mask is 8 x 8 .* picture, 8 x 4/],
    ['the alpha channel of a picture without one', { type: 'alpha' }, /no transparent pixels/],
    ['a box beyond the right', box(0.5, 0, 0.6, 1), /box .* does not lie within/],
    ['a box before the left', box(-0.1, 0, 0.5, 1), /box/],
    ['a box of no width', box(0, 0, 0, 1), /box/],
    ['a box of no number', box(NaN, 0, 1, 1), /box/],
    ['a stroke without points', stroke([], 0.1) as ReadyShape, /no points/],
    ['a stroke outside of the picture', stroke([[1.2, 0]], 0.1) as ReadyShape, /point 1\.2, 0/],
    ['a stroke at no place', stroke([[0, NaN]], 0.1) as ReadyShape, /point 0, NaN/],
    ['a brush of no radius', stroke([[0, 0]], 0) as ReadyShape, /radius 0/],
    ['a brush of all radii', stroke([[0, 0]], Infinity) as ReadyShape, /radius Infinity/],
    ['endless strokes', stroke(new Array<[number, number]>(20_001).fill([0, 0]), 0.1) as ReadyShape, /20000 points/],
    ['a cell that is not there', { type: 'cells', columns: 2, rows: 2, cells: [4] }, /no cell 4 in a grid of 2 x 2/],
    ['half a cell', { type: 'cells', columns: 2, rows: 2, cells: [0.5] }, /no cell 0\.5/],
    ['a grid without columns', { type: 'cells', columns: 0, rows: 2, cells: [] }, /0 columns/],
    ['a grid finer than the picture', { type: 'cells', columns: 9, rows: 2, cells: [0] }, /9 columns/],
  ])('%s', (_, shape, message) => {
    expect(() => drawShapes([shape], { width: 8, height: 4 })).toThrowError(
      expect.objectContaining({
        code: 'input/invalid-option',
        message: expect.stringMatching(message) as string,
        hint: expect.any(String) as string,
      }) as Error,
    )
  })
})
