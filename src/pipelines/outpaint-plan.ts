import type { Sides } from '../contract/inference.ts'
import type { Box } from '../image/region.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { invalidOption } from './drawing-plan.ts'

/** A side grows to at most this many times its length, and to at most so many pixels. */
const maxGrowth = 4
const maxSide = 8192
/** New pixels of one step along an axis, as a share of what is there: the model must see what it goes on from. */
const shareOfStep = 0.5

const none: Sides = { left: 0, top: 0, right: 0, bottom: 0 }
const names = ['left', 'top', 'right', 'bottom'] as const

/** Throws AppError `input/invalid-option` for sides that are not whole numbers, none, or beyond the limits. */
export function checkSides(sides: Sides, picture: PixelSize): void {
  for (const name of names)
    if (!Number.isInteger(sides[name]) || sides[name] < 0)
      throw invalidOption(`${sides[name]} pixels at the ${name} cannot be added`, 'Give whole numbers of 0 or more.')
  if (names.every((name) => sides[name] === 0))
    throw invalidOption('no side is to grow', 'Give the pixels to be added at the left, top, right or bottom.')
  const grown = sizeOfCanvas(picture, sides)
  for (const axis of ['width', 'height'] as const) {
    const limit = Math.min(maxSide, picture[axis] * maxGrowth)
    if (grown[axis] > picture[axis] && grown[axis] > limit)
      throw invalidOption(
        `the picture would grow from ${picture[axis]} to ${grown[axis]} pixels in ${axis}`,
        `It can become ${limit} pixels at most; grow it in several goes, or from a larger picture.`,
      )
  }
}

export const sizeOfCanvas = ({ width, height }: PixelSize, { left, top, right, bottom }: Sides): PixelSize => ({
  width: width + left + right,
  height: height + top + bottom,
})

/**
 * A growth as steps that each add at most half of what is there along an axis, shared evenly by both of its sides. A
 * canvas of more than `mostPixels` grows at one side in a step, so that a window holds it at its own scale.
 */
export function growthSteps(sides: Sides, picture: PixelSize, mostPixels = Infinity): Sides[] {
  const steps: Sides[] = []
  let size = picture
  let left = sides
  while (names.some((name) => left[name] > 0)) {
    const all = stepOf(left, size)
    const canvas = sizeOfCanvas(size, all)
    const step = canvas.width * canvas.height <= mostPixels ? all : stepOf(largestSide(left), size)
    steps.push(step)
    size = sizeOfCanvas(size, step)
    left = { ...none, ...Object.fromEntries(names.map((name) => [name, left[name] - step[name]])) }
  }
  return steps
}

function stepOf(left: Sides, size: PixelSize): Sides {
  const [across, down] = [axisStep(left.left, left.right, size.width), axisStep(left.top, left.bottom, size.height)]
  return { left: across[0], right: across[1], top: down[0], bottom: down[1] }
}

function largestSide(sides: Sides): Sides {
  const name = names.reduce((best, one) => (sides[one] > sides[best] ? one : best))
  return { ...none, [name]: sides[name] }
}

function axisStep(before: number, after: number, length: number): readonly [before: number, after: number] {
  const share = Math.min(1, Math.max(1, Math.floor(length * shareOfStep)) / (before + after))
  const take = (pixels: number) => Math.min(pixels, Math.ceil(pixels * share))
  return before + after === 0 ? [0, 0] : [take(before), take(after)]
}

/** Where the picture as sent lies on the canvas after some steps. */
export function originalBox(steps: readonly Sides[], { width, height }: PixelSize): Box {
  const sum = (name: 'left' | 'top') => steps.reduce((total, step) => total + step[name], 0)
  return { left: sum('left'), top: sum('top'), width, height }
}
