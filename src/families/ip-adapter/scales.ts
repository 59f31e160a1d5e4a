import { AppError } from '../../contract/errors.ts'
import type { AttentionPlace } from './attention-places.ts'

/** A number for a whole part, or by block: one number, or a list with one for each transformer of the block. */
type PartScale = number | Readonly<Record<string, number | readonly number[]>>

/** How strongly an image prompt counts: everywhere alike, or by parts of the UNet, where what is not named gets 0. */
export type ImageScale = number | Readonly<Partial<Record<'down' | 'mid' | 'up', PartScale>>>

/**
 * The scale of each cross-attention (diffusers' set_ip_adapter_scale).
 * Throws AppError `input/invalid-option` for a block or a number of transformers that the UNet does not have.
 */
export function scalesAt(places: readonly AttentionPlace[], scale: ImageScale): Float32Array {
  if (typeof scale === 'number') return new Float32Array(places.length).fill(scale)
  for (const [part, blocks] of Object.entries(scale))
    for (const block of typeof blocks === 'number' ? [] : Object.keys(blocks))
      if (!places.some((place) => place.part === part && `block_${place.block}` === block))
        throw invalid(`the UNet has no image prompt in ${part}.${block}`)
  return Float32Array.from(places, (place) => scaleAt(place, scale[place.part] ?? 0))
}

function scaleAt({ part, block, transformer, transformers }: AttentionPlace, scale: PartScale): number {
  if (typeof scale === 'number') return scale
  const own = scale[`block_${block}`] ?? 0
  if (typeof own === 'number') return own
  if (own.length === 1) return own[0]!
  if (own.length === transformers) return own[transformer]!
  throw invalid(`${part}.block_${block} has ${transformers} transformers, the scale lists ${own.length}`)
}

const invalid = (message: string) =>
  new AppError('input/invalid-option', { message, hint: 'Give one scale, or one for each block with attention.' })
