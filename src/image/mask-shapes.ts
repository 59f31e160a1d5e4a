/** Masks as people give them, drawn into pixels: 255 is to be drawn anew, 0 is kept. */
import { AppError } from '../contract/errors.ts'
import type { MaskShape, Point } from '../contract/inference.ts'
import { binarize, maskThreshold255, toGrey } from './mask.ts'
import { resizeGrey } from './resize.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'
import type { PixelSize } from './vae-preprocess.ts'

/** The picture that is masked: its size and, where it has transparent pixels, its alpha plane. */
export interface MaskedPicture extends PixelSize {
  readonly alpha?: Uint8Array
}

/** A shape whose picture, if it is one, has been decoded. */
export type ReadyShape = Exclude<MaskShape, { type: 'image' }> | { readonly type: 'image'; readonly image: RgbImage }

/** Cells along a side, and points of all strokes, at most. */
const maxCells = 256
const maxPoints = 20_000

/**
 * Draws shapes one over the other, in their order: all of them together are marked, and a stroke that erases takes away
 * what was marked before it. Throws AppError `input/invalid-option` for numbers out of range and for a mask picture of
 * another ratio than the picture's.
 */
export function drawShapes(shapes: readonly ReadyShape[], picture: MaskedPicture): GreyImage {
  const { width, height } = picture
  const mask = { width, height, data: new Uint8Array(width * height) }
  for (const shape of shapes) drawShape(mask, shape, picture)
  return mask
}

function drawShape(mask: GreyImage, shape: ReadyShape, picture: MaskedPicture): void {
  if (shape.type === 'image') return unite(mask, sameSize(shape.image, mask))
  if (shape.type === 'alpha') return unite(mask, transparent(picture))
  if (shape.type === 'boxes') return shape.boxes.forEach((box) => drawBox(mask, checkedBox(box)))
  if (shape.type === 'cells') return drawCells(mask, shape)
  return drawStrokes(mask, shape.strokes)
}

function unite(mask: GreyImage, other: GreyImage): void {
  for (let i = 0; i < mask.data.length; i++) mask.data[i]! |= other.data[i]!
}

/** A mask picture at the masked picture's size, 0 or 255. */
function sameSize(image: RgbImage, { width, height }: PixelSize): GreyImage {
  const offBy = Math.min(
    Math.abs(image.height - (image.width * height) / width),
    Math.abs(image.width - (image.height * width) / height),
  )
  if (offBy > 1)
    throw invalid(
      `the mask is ${image.width} x ${image.height} pixels and does not have the shape of the picture, ${width} x ${height}`,
      'Send a mask of the same size as the picture, or of the same ratio.',
    )
  return binarize(resizeGrey(toGrey(image), width, height, 'lanczos'))
}

function transparent({ width, height, alpha }: MaskedPicture): GreyImage {
  if (!alpha)
    throw invalid(
      'the picture has no transparent pixels that could be its mask',
      'Erase a part of the picture, or mark it in another way.',
    )
  return { width, height, data: alpha.map((value) => (value < maskThreshold255 ? 255 : 0)) }
}

type Box = Extract<MaskShape, { type: 'boxes' }>['boxes'][number]

function checkedBox(box: Box): Box {
  const { x, y, width, height } = box
  const rounding = 1e-6
  const fits = [x, y].every((at) => at >= 0) && x + width <= 1 + rounding && y + height <= 1 + rounding
  if (!fits || !(width > 0) || !(height > 0))
    throw invalid(
      `a box of the mask at ${x}, ${y} of ${width} x ${height} does not lie within the picture`,
      'Give boxes as shares of the picture, 0 to 1.',
    )
  return box
}

/** Marks at least one pixel. */
function drawBox({ width, height, data }: GreyImage, box: Box): void {
  const [left, right] = pixelRange(box.x, box.width, width)
  const [top, bottom] = pixelRange(box.y, box.height, height)
  for (let y = top; y < bottom; y++) data.fill(255, y * width + left, y * width + right)
}

function pixelRange(start: number, length: number, limit: number): readonly [from: number, to: number] {
  const from = Math.min(Math.round(start * limit), limit - 1)
  return [from, Math.min(limit, Math.max(from + 1, Math.round((start + length) * limit)))]
}

function drawCells(mask: GreyImage, { columns, rows, cells }: Extract<MaskShape, { type: 'cells' }>): void {
  for (const [name, count, pixels] of [
    ['columns', columns, mask.width],
    ['rows', rows, mask.height],
  ] as const)
    if (!Number.isInteger(count) || count < 1 || count > Math.min(maxCells, pixels))
      throw invalid(`a grid of ${count} ${name} cannot be laid over this picture`, `Choose 1 to ${maxCells} ${name}.`)
  for (const cell of cells) {
    if (!Number.isInteger(cell) || cell < 0 || cell >= columns * rows)
      throw invalid(
        `there is no cell ${cell} in a grid of ${columns} x ${rows}`,
        `Cells are 0 to ${columns * rows - 1}.`,
      )
    const [column, row] = [cell % columns, Math.floor(cell / columns)]
    drawBox(mask, { x: column / columns, y: row / rows, width: 1 / columns, height: 1 / rows })
  }
}

type Stroke = Extract<MaskShape, { type: 'strokes' }>['strokes'][number]

function drawStrokes(mask: GreyImage, strokes: readonly Stroke[]): void {
  if (strokes.reduce((sum, { points }) => sum + points.length, 0) > maxPoints)
    throw invalid(`the strokes have more than ${maxPoints} points`, 'Draw fewer or simpler strokes.')
  for (const { points, radius, erase } of strokes) {
    if (points.length === 0) throw invalid('a stroke of the mask has no points', 'Draw it again.')
    if (!(radius > 0 && radius <= 1))
      throw invalid(`the brush radius ${radius} is not above 0 and at most 1`, 'Give it as a share of the short side.')
    // A brush thinner than a pixel would fall between their middles.
    const pixels = Math.max(radius * Math.min(mask.width, mask.height), Math.SQRT1_2)
    const places = points.map((point) => place(point, mask))
    places.forEach((to, i) => drawCapsule(mask, places[Math.max(0, i - 1)]!, to, pixels, erase ? 0 : 255))
  }
}

function place([x, y]: Point, { width, height }: PixelSize): Point {
  if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1))
    throw invalid(`the point ${x}, ${y} of a stroke lies outside of the picture`, 'Give points as shares, 0 to 1.')
  return [x * width, y * height]
}

/** Fills every pixel whose middle lies within `radius` of the line from a to b; no grey at the border. */
function drawCapsule({ width, height, data }: GreyImage, a: Point, b: Point, radius: number, value: number): void {
  const top = Math.max(0, Math.ceil(Math.min(a[1], b[1]) - radius - 0.5))
  const bottom = Math.min(height - 1, Math.floor(Math.max(a[1], b[1]) + radius - 0.5))
  for (let y = top; y <= bottom; y++) {
    const [from, to] = capsuleRow(a, b, radius, y + 0.5)
    const left = Math.max(0, Math.ceil(from - 0.5))
    const right = Math.min(width - 1, Math.floor(to - 0.5))
    if (left <= right) data.fill(value, y * width + left, y * width + right + 1)
  }
}

/** Where a line along x at height y enters and leaves the capsule, which is convex: two discs and what joins them. */
function capsuleRow(a: Point, b: Point, radius: number, y: number): readonly [from: number, to: number] {
  const places: number[] = []
  for (const [cx, cy] of [a, b]) {
    const half = Math.sqrt(radius ** 2 - (y - cy) ** 2) // NaN where the row misses the disc
    if (half >= 0) places.push(cx - half, cx + half)
  }
  const length = Math.hypot(b[0] - a[0], b[1] - a[1])
  if (length > 0) {
    const [nx, ny] = [((a[1] - b[1]) / length) * radius, ((b[0] - a[0]) / length) * radius]
    for (const side of [1, -1]) {
      const share = (y - a[1] - side * ny) / (b[1] - a[1])
      if (share >= 0 && share <= 1) places.push(a[0] + side * nx + share * (b[0] - a[0]))
    }
  }
  return [Math.min(...places), Math.max(...places)]
}

const invalid = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })
