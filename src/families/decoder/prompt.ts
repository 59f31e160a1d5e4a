import { imageTokenIndex } from '../../tokenizers/image-token.ts'
import type { Decoder } from './decoder.ts'

/** The rows that stand for one picture in a prompt. */
export interface ImageFeatures {
  /** Tells pictures apart: equal keys mean equal rows. */
  readonly key: string
  /** float32 [n, width of the decoder]. */
  readonly rows: Float32Array
}

/** A prompt as the decoder takes it. */
export interface EmbeddedPrompt {
  /** float32 [positions, width]. */
  readonly embeds: Float32Array
  /** What stands at each position: a token's id, or a picture's key and the row's number. */
  readonly keys: readonly (number | string)[]
}

/** Embeds ids, each `imageTokenIndex` among them replaced by all rows of the next picture. */
export function embedPrompt(
  { embed, config: { width } }: Pick<Decoder, 'embed' | 'config'>,
  ids: readonly number[],
  images: readonly ImageFeatures[] = [],
): EmbeddedPrompt {
  const wanted = ids.filter((id) => id === imageTokenIndex).length
  if (wanted !== images.length) throw new RangeError(`the prompt shows ${wanted} pictures, ${images.length} are given`)
  let next = 0
  const pieces = piecesOf(ids).map((piece) => {
    if (piece !== imageTokenIndex) return { keys: piece, rows: embed(piece) }
    const { key, rows } = images[next++]!
    return { keys: Array.from({ length: rows.length / width }, (_, row) => `${key}:${row}`), rows }
  })
  const keys = pieces.flatMap<number | string>((piece) => [...piece.keys])
  const embeds = new Float32Array(keys.length * width)
  let at = 0
  for (const { rows } of pieces) {
    embeds.set(rows, at)
    at += rows.length
  }
  return { embeds, keys }
}

/** Runs of tokens, and the image tokens between them. */
function piecesOf(ids: readonly number[]): (readonly number[] | typeof imageTokenIndex)[] {
  const pieces: (number[] | typeof imageTokenIndex)[] = []
  for (const id of ids) {
    const last = pieces.at(-1)
    if (id === imageTokenIndex) pieces.push(imageTokenIndex)
    else if (Array.isArray(last)) last.push(id)
    else pieces.push([id])
  }
  return pieces
}
