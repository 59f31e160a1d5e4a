import type { Box } from './region.ts'
import type { RgbImage } from './rgb-image.ts'
import type { PixelSize } from './vae-preprocess.ts'

/** A window of a picture that is worked on by itself, with how far it lies over those before it. */
export interface Tile extends Box {
  /** Columns shared with the tile to the left and rows shared with the one above; 0 at the picture's edges. */
  readonly overlapLeft: number
  readonly overlapTop: number
}

/**
 * Tiles that cover a picture, row by row, evenly spaced and each at least `overlap` over its neighbours: no larger than
 * `side` (a multiple of `multiple`), and as small a multiple as covers the picture with as many. A picture that is no
 * larger than `side` is one tile.
 */
export function tilesOf({ width, height }: PixelSize, side: number, overlap: number, multiple = 1): Tile[] {
  const columns = spans(width, side, overlap, multiple)
  return spans(height, side, overlap, multiple).flatMap((row) =>
    columns.map((column) => ({
      left: column.start,
      top: row.start,
      width: column.length,
      height: row.length,
      overlapLeft: column.shared,
      overlapTop: row.shared,
    })),
  )
}

function spans(whole: number, side: number, overlap: number, multiple: number) {
  if (whole <= side) return [{ start: 0, length: whole, shared: 0 }]
  const count = Math.ceil((whole - overlap) / (side - overlap))
  const length = Math.ceil((whole + (count - 1) * overlap) / count / multiple) * multiple
  const start = (i: number) => Math.round((i * (whole - length)) / (count - 1))
  return Array.from({ length: count }, (_, i) => ({
    start: start(i),
    length,
    shared: i === 0 ? 0 : start(i - 1) + length - start(i),
  }))
}

/**
 * Puts a tile's pixels into the picture that grows from tiles in order. Where it lies over earlier ones its share rises
 * evenly from their edge inwards, so that no border shows. Changes `target`.
 */
export function blendTile(target: RgbImage, tile: Tile, content: RgbImage): void {
  const across = rise(tile.width, tile.overlapLeft)
  const down = rise(tile.height, tile.overlapTop)
  for (let y = 0; y < tile.height; y++)
    for (let x = 0; x < tile.width; x++) {
      const share = across[x]! * down[y]!
      const from = (y * tile.width + x) * 3
      const to = ((y + tile.top) * target.width + x + tile.left) * 3
      for (let c = 0; c < 3; c++)
        target.data[to + c] =
          share === 1
            ? content.data[from + c]!
            : Math.round(target.data[to + c]! * (1 - share) + content.data[from + c]! * share)
    }
}

/** From next to 0 to 1 over the shared places, then 1. */
const rise = (length: number, shared: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => (i < shared ? (i + 0.5) / shared : 1))

/** The same tile in a picture that is `factor` times as large. */
export const enlargeTile = (tile: Tile, factor: number): Tile => ({
  left: tile.left * factor,
  top: tile.top * factor,
  width: tile.width * factor,
  height: tile.height * factor,
  overlapLeft: tile.overlapLeft * factor,
  overlapTop: tile.overlapTop * factor,
})
