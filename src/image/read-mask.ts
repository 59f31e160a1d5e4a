import { AppError } from '../contract/errors.ts'
import type { MaskSpec } from '../contract/inference.ts'
import { decodeImage, type ImageLimits } from './decode.ts'
import { growMask, invertMask } from './mask-edges.ts'
import { drawShapes, type MaskedPicture, type ReadyShape } from './mask-shapes.ts'
import type { GreyImage } from './rgb-image.ts'

/** Pixels by which a mask may be grown or softened. */
const maxEdge = 1024

/**
 * The mask that a person asked for, at the picture's size, 0 or 255: all shapes together, inverted where that is asked
 * for, grown; not softened (`featherMask`). Throws AppError `input/empty` for a mask that marks nothing,
 * `input/invalid-option` for one that marks everything and for numbers out of range, and what `decodeImage` throws.
 */
export async function readMask(spec: MaskSpec, picture: MaskedPicture, limits: ImageLimits): Promise<GreyImage> {
  const { grow = 0, feather = 0, invert = false } = spec
  for (const [name, pixels] of Object.entries({ grow, feather }))
    if (!(pixels >= 0 && pixels <= maxEdge))
      throw invalid(`${name} ${pixels} is not within 0 and ${maxEdge} pixels`, `Choose 0 to ${maxEdge} pixels.`)
  const shapes: ReadyShape[] = []
  for (const shape of spec.shapes)
    shapes.push(shape.type === 'image' ? { type: 'image', image: await decodeImage(shape.image, { limits }) } : shape)
  const drawn = drawShapes(shapes, picture)
  const mask = growMask(invert ? invertMask(drawn) : drawn, grow)
  if (mask.data.every((value) => value === 0))
    throw new AppError('input/empty', {
      message: 'the mask marks nothing',
      hint: 'Mark the part of the picture that is to be drawn anew; in a mask picture it is white.',
    })
  if (mask.data.every((value) => value !== 0))
    throw invalid('the mask marks the whole picture', 'Leave a part of it unmarked, or have a new picture drawn.')
  return mask
}

const invalid = (message: string, hint: string) => new AppError('input/invalid-option', { message, hint })
