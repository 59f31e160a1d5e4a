/** Autoencoding of large pictures in overlapping tiles, so that memory is that of one tile. */
import { enlargeTile, tilesOf, type Tile } from '../../image/tiles.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'

/** How large tensors are divided; in latents, so that both directions see the same tiles. */
export interface VaeTiles {
  /** Tensors of at most so many latents are run whole: the result is then exact. */
  readonly wholeLatents: number
  readonly side: number
  readonly overlap: number
}

/**
 * Pictures up to 1024 x 1024 whole, larger ones in tiles of 384 (at the usual 8 pixels a latent): with the VAE of Stable
 * Diffusion 1.5 a process that decodes 2048 x 2048 stays below 1.5 GB; with tiles of 512 it was 2.4.
 */
export const defaultVaeTiles: VaeTiles = { wholeLatents: 128 * 128, side: 48, overlap: 12 }

export interface TiledRun {
  /** [1, c, h, w] whose sides are those of the latents times `inputScale`. */
  readonly input: FloatTensor
  readonly inputScale: number
  readonly outputScale: number
  readonly tiles?: VaeTiles
  /** Runs one tile, or the whole: [1, a, h, w] -> [1, b, h', w']. */
  readonly run: (input: FloatTensor) => Promise<FloatTensor>
  /** Awaited before each tile. */
  readonly turn?: (() => Promise<void>) | undefined
}

/**
 * Runs a network over a tensor, in tiles when it is large. Where tiles overlap each one's share rises evenly from its
 * edge inwards. Tiles see their own means in the network's group norms, which is why small pictures are run whole.
 */
export async function runTiled(options: TiledRun): Promise<FloatTensor> {
  const { input, inputScale, outputScale, tiles = defaultVaeTiles, run, turn } = options
  const [batch, , rows, columns] = input.shape as [number, number, number, number]
  const latents = { width: columns / inputScale, height: rows / inputScale }
  if (batch !== 1 || latents.width * latents.height <= tiles.wholeLatents) return run(input)
  let output: FloatTensor | undefined
  for (const tile of tilesOf(latents, tiles.side, tiles.overlap)) {
    await turn?.()
    const part = await run(cut(input, enlargeTile(tile, inputScale)))
    const channels = part.shape[1]!
    const [height, width] = [latents.height * outputScale, latents.width * outputScale]
    output ??= float32(new Float32Array(channels * height * width), [1, channels, height, width])
    blend(output, enlargeTile(tile, outputScale), part)
  }
  return output!
}

/** The tile of [1, c, h, w]. */
function cut({ data, shape }: FloatTensor, { left, top, width, height }: Tile): FloatTensor {
  const [, channels, rows, columns] = shape as [number, number, number, number]
  const out = new Float32Array(channels * height * width)
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) {
      const from = (c * rows + y + top) * columns + left
      out.set(data.subarray(from, from + width), (c * height + y) * width)
    }
  return float32(out, [1, channels, height, width])
}

/** Puts a tile into a tensor that grows from tiles in their order. Changes `target`. */
function blend(target: FloatTensor, tile: Tile, { data, shape }: FloatTensor): void {
  const [, channels, height, width] = shape as [number, number, number, number]
  const [rows, columns] = target.shape.slice(2) as [number, number]
  const share = (place: number, shared: number) => (place < shared ? (place + 0.5) / shared : 1)
  const across = Float32Array.from({ length: width }, (_, x) => share(x, tile.overlapLeft))
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++) {
      const down = share(y, tile.overlapTop)
      const to = (c * rows + y + tile.top) * columns + tile.left
      const from = (c * height + y) * width
      for (let x = 0; x < width; x++) {
        const own = down * across[x]!
        target.data[to + x] = own * data[from + x]! + (1 - own) * target.data[to + x]!
      }
    }
}
