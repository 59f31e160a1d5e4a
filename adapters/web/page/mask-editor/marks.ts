import type { MaskShape, Point } from '../../../../src/contract/inference.ts'

/** One thing that was done to the mask. Points and boxes are shares of the picture's sides, 0 to 1. */
export type Mark =
  | { readonly type: 'stroke'; readonly points: readonly Point[]; readonly radius: number; readonly erase: boolean }
  | { readonly type: 'box'; readonly from: Point; readonly to: Point }
  | { readonly type: 'invert' }
  | { readonly type: 'clear' }

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The marks since everything was last cleared, and whether the mask that the editor began with still lies below. */
export function marksInForce(marks: readonly Mark[]): { readonly marks: readonly Mark[]; readonly onBase: boolean } {
  const cleared = marks.findLastIndex((mark) => mark.type === 'clear')
  return { marks: marks.slice(cleared + 1), onBase: cleared < 0 }
}

/** The box between two corners, cut at the picture's border. */
export function boxOf({ from, to }: Extract<Mark, { type: 'box' }>): Box {
  const [left, right] = [from[0], to[0]].map(clampShare).sort((a, b) => a - b) as [number, number]
  const [top, bottom] = [from[1], to[1]].map(clampShare).sort((a, b) => a - b) as [number, number]
  return { x: left, y: top, width: right - left, height: bottom - top }
}

export const clampShare = (share: number): number => Math.min(1, Math.max(0, share))

/** More JSON than this is sent as a picture instead. */
const longestJson = 150_000

/**
 * The mask as the contract's shape: strokes when there are only strokes, boxes when there are only boxes. Anything else
 * (both, inverted, on top of another mask, or very many points) has no such shape: it is sent as a picture.
 */
export function toShape(all: readonly Mark[], hasBase: boolean, size: Size): MaskShape | undefined {
  const { marks, onBase } = marksInForce(all)
  if ((hasBase && onBase) || marks.length === 0) return undefined
  const shape = strokesShape(marks, size) ?? boxesShape(marks)
  return shape === undefined || JSON.stringify(shape).length > longestJson ? undefined : shape
}

function strokesShape(marks: readonly Mark[], size: Size): MaskShape | undefined {
  const strokes = marks.flatMap((mark) => (mark.type === 'stroke' ? [mark] : []))
  if (strokes.length < marks.length) return undefined
  return {
    type: 'strokes',
    strokes: strokes.map(({ points, radius, erase }) => ({
      points: simplify(points, radius / 20, size).map(([x, y]): Point => [rounded(x), rounded(y)]),
      radius: rounded(radius),
      ...(erase && { erase }),
    })),
  }
}

function boxesShape(marks: readonly Mark[]): MaskShape | undefined {
  const boxes = marks.flatMap((mark) => (mark.type === 'box' ? [boxOf(mark)] : []))
  if (boxes.length < marks.length) return undefined
  const round = ({ x, y, width, height }: Box): Box => ({
    ...{ x: rounded(x), y: rounded(y), width: rounded(width), height: rounded(height) },
  })
  return { type: 'boxes', boxes: boxes.map(round) }
}

const rounded = (share: number): number => Math.round(share * 100_000) / 100_000

/**
 * Ramer-Douglas-Peucker: leaves out points that lie within `tolerance` (a share of the short side) of the line that
 * goes on without them.
 */
export function simplify(points: readonly Point[], tolerance: number, size: Size): readonly Point[] {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || points.length < 3) return points
  const distances = points.map((point) => distanceToSegment(point, first, last, size))
  const farthest = distances.indexOf(Math.max(...distances))
  if ((distances[farthest] ?? 0) <= tolerance) return [first, last]
  const head = simplify(points.slice(0, farthest + 1), tolerance, size)
  return [...head.slice(0, -1), ...simplify(points.slice(farthest), tolerance, size)]
}

/** How far `point` lies from the segment from `a` to `b`, as a share of the picture's short side. */
export function distanceToSegment(point: Point, a: Point, b: Point, size: Size): number {
  const short = Math.min(size.width, size.height)
  const inShortSides = ([x, y]: Point): Point => [(x * size.width) / short, (y * size.height) / short]
  const [px, py] = inShortSides(point)
  const [ax, ay] = inShortSides(a)
  const [bx, by] = inShortSides(b)
  const length = (bx - ax) ** 2 + (by - ay) ** 2
  const along = length === 0 ? 0 : clampShare(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)
  return Math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay))
}
