import type { Point } from '../../../../src/contract/inference.ts'
import { boxOf, distanceToSegment, marksInForce } from './marks.ts'
import type { Mark, Size } from './marks.ts'

/** Whether the mask holds `point` after all marks; `base` is whether the mask that the editor began with held it. */
export function covers(all: readonly Mark[], point: Point, size: Size, base = false): boolean {
  const { marks, onBase } = marksInForce(all)
  return marks.reduce((held, mark) => after(held, mark, point, size), onBase && base)
}

function after(held: boolean, mark: Mark, point: Point, size: Size): boolean {
  switch (mark.type) {
    case 'stroke':
      return touches(mark, point, size) ? !mark.erase : held
    case 'box': {
      const { x, y, width, height } = boxOf(mark)
      const inside = point[0] >= x && point[0] <= x + width && point[1] >= y && point[1] <= y + height
      return inside || held
    }
    case 'invert':
      return !held
    case 'clear':
      return false
  }
}

function touches({ points, radius }: Extract<Mark, { type: 'stroke' }>, point: Point, size: Size): boolean {
  return points.some((end, index) => distanceToSegment(point, points[index - 1] ?? end, end, size) <= radius)
}
