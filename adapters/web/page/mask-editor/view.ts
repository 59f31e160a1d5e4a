import type { Point } from '../../../../src/contract/inference.ts'
import type { Size } from './marks.ts'

/** Where the picture lies on the stage: stage = picture pixel * scale + offset, in CSS pixels. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** Space around the whole picture. */
const marginPx = 16
const largestScale = 24

/** The whole picture in the middle. */
export function fitView(stage: Size, picture: Size): View {
  const scale = fitScale(stage, picture)
  return { scale, x: (stage.width - picture.width * scale) / 2, y: (stage.height - picture.height * scale) / 2 }
}

function fitScale(stage: Size, picture: Size): number {
  const room = (side: number): number => Math.max(1, side - 2 * marginPx)
  return Math.min(room(stage.width) / picture.width, room(stage.height) / picture.height, largestScale)
}

/** Larger or smaller by `factor`; what lies under `at` stays there. */
export function zoomAt(view: View, factor: number, at: Point, stage: Size, picture: Size): View {
  const smallest = fitScale(stage, picture) / 2
  const scale = Math.min(Math.max(largestScale, smallest), Math.max(smallest, view.scale * factor))
  const ratio = scale / view.scale
  return keepInSight(
    { scale, x: at[0] - (at[0] - view.x) * ratio, y: at[1] - (at[1] - view.y) * ratio },
    stage,
    picture,
  )
}

export const pan = (view: View, dx: number, dy: number, stage: Size, picture: Size): View =>
  keepInSight({ ...view, x: view.x + dx, y: view.y + dy }, stage, picture)

/** Two fingers went from `before` to `now`: what was under them is under them again. */
export function pinch(
  view: View,
  before: readonly [Point, Point],
  now: readonly [Point, Point],
  stage: Size,
  picture: Size,
): View {
  const middle = ([a, b]: readonly [Point, Point]): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  const apart = ([a, b]: readonly [Point, Point]): number => Math.hypot(a[0] - b[0], a[1] - b[1])
  const [from, to] = [middle(before), middle(now)]
  const moved = { ...view, x: view.x + to[0] - from[0], y: view.y + to[1] - from[1] }
  return zoomAt(moved, apart(now) / Math.max(1, apart(before)), to, stage, picture)
}

/** Moves the view as little as needed for `point` (shares of the picture) to be on the stage. */
export function reveal(view: View, point: Point, stage: Size, picture: Size): View {
  const [x, y] = toStage(view, point, picture)
  const push = (at: number, side: number): number =>
    at < marginPx ? marginPx - at : at > side - marginPx ? side - marginPx - at : 0
  return pan(view, push(x, stage.width), push(y, stage.height), stage, picture)
}

/** At least a bit of the picture stays on the stage. */
function keepInSight(view: View, stage: Size, picture: Size): View {
  const kept = 48
  const within = (at: number, side: number, length: number): number =>
    Math.min(side - Math.min(kept, length), Math.max(Math.min(kept, length) - length, at))
  return {
    scale: view.scale,
    x: within(view.x, stage.width, picture.width * view.scale),
    y: within(view.y, stage.height, picture.height * view.scale),
  }
}

/** A point of the stage as shares of the picture; outside of 0 to 1 it lies beside it. */
export const toShares = (view: View, [x, y]: Point, picture: Size): Point => [
  (x - view.x) / view.scale / picture.width,
  (y - view.y) / view.scale / picture.height,
]

export const toStage = (view: View, [x, y]: Point, picture: Size): Point => [
  x * picture.width * view.scale + view.x,
  y * picture.height * view.scale + view.y,
]
