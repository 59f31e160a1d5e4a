import type { Point } from '../../../../src/contract/inference.ts'
import { boxOf, marksInForce } from './marks.ts'
import type { Mark, Size } from './marks.ts'

/** The mask that the editor began with, as a canvas whose alpha is the mask. */
export type BaseMask = HTMLCanvasElement

type Context = CanvasRenderingContext2D

/** What is masked is opaque; colours are of no importance to the mask. */
const ink = '#e5317f'

/** Draws the mask into the whole canvas of `context`: what is drawn anew is opaque, the rest transparent. */
export function paintMask(context: Context, all: readonly Mark[], base: BaseMask | undefined): void {
  const { marks, onBase } = marksInForce(all)
  const { width, height } = context.canvas
  context.globalCompositeOperation = 'source-over'
  context.clearRect(0, 0, width, height)
  if (onBase && base !== undefined) context.drawImage(base, 0, 0, width, height)
  for (const mark of marks) paintMark(context, mark)
}

/** Adds one mark to what the canvas shows. */
export function paintMark(context: Context, mark: Mark): void {
  const { width, height } = context.canvas
  context.fillStyle = ink
  context.strokeStyle = ink
  context.globalCompositeOperation = compositeOf(mark)
  if (mark.type === 'stroke') paintStroke(context, mark)
  else if (mark.type === 'box') {
    const box = boxOf(mark)
    context.fillRect(box.x * width, box.y * height, box.width * width, box.height * height)
  } else context.fillRect(0, 0, width, height)
}

/** `source-out` paints where nothing was and removes what was: the inverse. */
function compositeOf(mark: Mark): GlobalCompositeOperation {
  if (mark.type === 'invert') return 'source-out'
  return mark.type === 'clear' || (mark.type === 'stroke' && mark.erase) ? 'destination-out' : 'source-over'
}

function paintStroke(context: Context, { points, radius }: Extract<Mark, { type: 'stroke' }>): void {
  const { width, height } = context.canvas
  const at = ([x, y]: Point): Point => [x * width, y * height]
  const radiusPx = radius * Math.min(width, height)
  const [first] = points
  if (first === undefined) return
  // a canvas strokes nothing where a line has no length: a dot is a disc
  context.beginPath()
  context.arc(...at(first), radiusPx, 0, 2 * Math.PI)
  context.fill()
  context.lineWidth = 2 * radiusPx
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.beginPath()
  for (const point of points) context.lineTo(...at(point))
  context.stroke()
}

/** A small picture is painted finer than its pixels, a huge one coarser. */
export function overlaySize({ width, height }: Size): Size {
  const long = Math.max(width, height)
  const factor = long < 1024 ? Math.ceil(1024 / long) : Math.min(1, 2048 / long)
  return { width: Math.round(width * factor), height: Math.round(height * factor) }
}

export function makeCanvas({ width, height }: Size): Context {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('This browser gives no canvas to draw on.')
  return context
}

/** A grey mask picture as a canvas whose alpha is its brightness. */
export async function loadBase(url: string, size: Size): Promise<BaseMask> {
  const image = new Image()
  image.src = url
  await image.decode()
  const context = makeCanvas(size)
  context.drawImage(image, 0, 0, size.width, size.height)
  const pixels = context.getImageData(0, 0, size.width, size.height)
  for (let i = 0; i < pixels.data.length; i += 4) pixels.data[i + 3] = (pixels.data[i] ?? 0) >= 125 ? 255 : 0
  context.putImageData(pixels, 0, 0)
  // in the colour of the other marks
  context.globalCompositeOperation = 'source-in'
  context.fillStyle = ink
  context.fillRect(0, 0, size.width, size.height)
  return context.canvas
}

/** Whether the mask that the editor began with holds `point`. */
export function holds(base: BaseMask, [x, y]: Point): boolean {
  const at = (share: number, side: number): number => Math.min(side - 1, Math.floor(share * side))
  const pixel = base.getContext('2d')?.getImageData(at(x, base.width), at(y, base.height), 1, 1)
  return (pixel?.data[3] ?? 0) > 0
}

/** The share of the picture that is masked, 0 to 1, counted on a small copy. */
export function maskedShare(all: readonly Mark[], base: BaseMask | undefined, picture: Size): number {
  const scale = 128 / Math.max(picture.width, picture.height)
  const size = { width: Math.ceil(picture.width * scale), height: Math.ceil(picture.height * scale) }
  const context = makeCanvas(size)
  paintMask(context, all, base)
  const { data } = context.getImageData(0, 0, size.width, size.height)
  let sum = 0
  for (let i = 3; i < data.length; i += 4) sum += data[i] ?? 0
  return sum / 255 / (size.width * size.height)
}

/** The mask as a grey PNG of the picture's size: white is drawn anew. */
export async function toPng(all: readonly Mark[], base: BaseMask | undefined, picture: Size): Promise<File> {
  const context = makeCanvas(picture)
  paintMask(context, all, base)
  context.globalCompositeOperation = 'source-in'
  context.fillStyle = '#fff'
  context.fillRect(0, 0, picture.width, picture.height)
  context.globalCompositeOperation = 'destination-over'
  context.fillStyle = '#000'
  context.fillRect(0, 0, picture.width, picture.height)
  const blob = await new Promise<Blob | null>((take) => context.canvas.toBlob(take, 'image/png'))
  if (blob === null) throw new Error('The browser could not write the mask.')
  return new File([blob], 'mask.png', { type: 'image/png' })
}
