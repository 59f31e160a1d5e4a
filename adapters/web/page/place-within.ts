import type { WireImage } from '../wire.ts'

/** A place in a picture, in shares of its sides. */
export interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

type Shape = Pick<WireImage, 'width' | 'height' | 'recipe'>

/**
 * Where the picture before lies in the one after: all over it when they have one ratio, at its place in an extended
 * one, and undefined when they cannot be laid over each other.
 */
export function placeWithin(before: Shape, after: Shape): Place | undefined {
  const sides = after.recipe?.sides
  if (sides !== undefined) {
    const width = after.width - sides.left - sides.right
    const height = after.height - sides.top - sides.bottom
    if (width > 0 && height > 0 && sameRatio(before, { width, height })) {
      return {
        left: sides.left / after.width,
        top: sides.top / after.height,
        width: width / after.width,
        height: height / after.height,
      }
    }
  }
  return sameRatio(before, after) ? { left: 0, top: 0, width: 1, height: 1 } : undefined
}

const sameRatio = (a: Shape, b: Shape): boolean => Math.abs((a.width / a.height) * (b.height / b.width) - 1) < 0.02
