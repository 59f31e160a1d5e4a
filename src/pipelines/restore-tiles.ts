import { padMultiple } from '../families/diffrir/diffrir-config.ts'
import { joinFeatures, priorShape, type DiffRir } from '../families/diffrir/diffrir.ts'
import { cropTensor, lowQualityInput, padReflect, toPixels } from '../families/diffrir/low-quality-input.ts'
import { crop, cropGrey } from '../image/crop.ts'
import type { GreyImage, RgbImage } from '../image/rgb-image.ts'
import { blendTile, enlargeTile, tilesOf, type Tile } from '../image/tiles.ts'
import { createTorchGenerator } from '../tensor/torch-random.ts'
import type { FloatTensor } from '../tensor/tensor.ts'

/** What a network restores. */
export interface RestoreInput {
  readonly drawn: RgbImage
  /** The picture around what was drawn, `scale` times as large, and where it is not kept (above 127). */
  readonly kept?: { readonly picture: RgbImage; readonly mask: GreyImage }
}

/** How large pictures are divided; in pixels of the result, so that memory is the same at every enlargement. */
export interface TileSettings {
  readonly side: number
  readonly overlap: number
}

export const defaultTiles: TileSettings = { side: 512, overlap: 64 }

export interface RestoreRun {
  readonly seed: number
  readonly tiles?: TileSettings
  /** Awaited before each native run. */
  readonly turn: () => Promise<void>
}

/** Native runs that are done, of all. */
export interface TileProgress {
  readonly done: number
  readonly all: number
}

/**
 * Restores a picture in tiles; what the network did not see as kept is not pasted back here. One prior leads all
 * tiles: the mean over the whole picture of what its condition network sees. Memory beside the two pictures is that of
 * one tile. The same seed gives the same picture.
 */
export async function* restoreTiles(
  network: DiffRir,
  input: RestoreInput,
  { seed, tiles: { side, overlap } = defaultTiles, turn }: RestoreRun,
): AsyncGenerator<TileProgress, RgbImage> {
  const { scale } = network.config
  const multiple = padMultiple(scale)
  const tileSide = Math.max(multiple, Math.floor(side / scale / multiple) * multiple)
  const tiles = tilesOf(input.drawn, tileSide, Math.min(Math.ceil(overlap / scale), tileSide >> 1), multiple)
  const all = 2 * tiles.length
  const features: { features: FloatTensor; pixels: number }[] = []
  for (const [i, tile] of tiles.entries()) {
    await turn()
    features.push({ features: await network.features(tileInput(input, tile, scale)), pixels: tile.width * tile.height })
    yield { done: i + 1, all }
  }
  const noise = createTorchGenerator(seed).randn(priorShape(network.config))
  const { prior } = await network.diffuse(joinFeatures(features), noise)
  const width = input.drawn.width * scale
  const height = input.drawn.height * scale
  const result: RgbImage = { width, height, data: new Uint8Array(width * height * 3) }
  for (const [i, tile] of tiles.entries()) {
    await turn()
    const restored = await network.restore(tileInput(input, tile, scale), prior)
    const large = enlargeTile(tile, scale)
    blendTile(result, large, toPixels(cropTensor(restored, large.height, large.width)))
    yield { done: tiles.length + i + 1, all }
  }
  return result
}

/** One tile as the network takes it, padded. */
function tileInput({ drawn, kept }: RestoreInput, tile: Tile, scale: DiffRir['config']['scale']): FloatTensor {
  const { left, top, width, height } = enlargeTile(tile, scale)
  const around = kept && {
    picture: crop(kept.picture, left, top, width, height),
    mask: cropGrey(kept.mask, left, top, width, height),
  }
  return padReflect(
    lowQualityInput(crop(drawn, tile.left, tile.top, tile.width, tile.height), scale, around),
    padMultiple(scale),
  )
}
