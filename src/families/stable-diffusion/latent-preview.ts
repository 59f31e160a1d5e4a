import type { RgbImage } from '../../image/rgb-image.ts'
import { toRgbImages } from '../../image/postprocess.ts'
import { createTorchGenerator } from '../../tensor/torch-random.ts'
import { float32, sizeOf, zeros, type FloatTensor } from '../../tensor/tensor.ts'
import type { Autoencoder } from './autoencoder.ts'

/** Latents on the side of the sample that is decoded to measure and to fit. */
const sampleSide = 16
/** Patches of the sample share a value, so that the fit sees areas of one colour as well as noise. */
const patchSides = [1, 4, 16]
/** A decode that is expected to take longer is not made for a preview. */
const longestDecodeMs = 500

/** Shows what latents stand for before they are done. */
export interface LatentPreview {
  /** What a preview of these latents is expected to cost. */
  costMs(latents: FloatTensor): number
  /** latents [1, c, h, w] -> a picture: decoded where that is quick, else one colour a latent (w x h pixels). */
  show(latents: FloatTensor): Promise<RgbImage>
}

/** Measures one small decode, from which the cost of others is told. */
export async function createLatentPreview(autoencoder: Autoencoder): Promise<LatentPreview> {
  const sample = zeros([1, autoencoder.config.latent_channels, sampleSide, sampleSide])
  await autoencoder.decode(sample) // the first run sets memory up
  const begin = performance.now()
  await autoencoder.decode(sample)
  const msPerValue = (performance.now() - begin) / sizeOf(sample.shape)
  const decodeMs = (latents: FloatTensor) => msPerValue * sizeOf(latents.shape)
  let colours: Promise<(latents: FloatTensor) => RgbImage> | undefined
  return {
    costMs: (latents) => (decodeMs(latents) <= longestDecodeMs ? decodeMs(latents) : 0),
    async show(latents) {
      if (decodeMs(latents) <= longestDecodeMs) return toRgbImages(await autoencoder.decode(latents))[0]!
      colours ??= fitColours(autoencoder)
      return (await colours)(latents)
    },
  }
}

/**
 * Fits colours to an autoencoder's latents by least squares: colour = M (latents, 1). What other programs keep as a
 * table for one VAE is measured here on the model's own decoder, with one small decode, so any VAE has previews.
 */
async function fitColours(autoencoder: Autoencoder): Promise<(latents: FloatTensor) => RgbImage> {
  const channels = autoencoder.config.latent_channels
  const latents = sampleLatents(channels)
  const decoded = await autoencoder.decode(latents)
  const rows = sampleSide ** 2 * latents.shape[0]!
  const inputs = Array.from({ length: rows }, (_, row) => latentAt(latents, row))
  const targets = areaColours(decoded, autoencoder.scale)
  const matrix = [0, 1, 2].map((colour) =>
    leastSquares(
      inputs,
      targets.map((rgb) => rgb[colour]!),
    ),
  )
  return (shown) => paint(shown, matrix)
}

/** Random latents of unit variance, in patches of several sizes. [patchSides, c, side, side] */
function sampleLatents(channels: number): FloatTensor {
  const generator = createTorchGenerator(0)
  const plane = sampleSide ** 2
  const data = new Float32Array(patchSides.length * channels * plane)
  patchSides.forEach((patch, image) => {
    const noise = generator.randn([channels, sampleSide, sampleSide]).data
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < sampleSide; y++)
        for (let x = 0; x < sampleSide; x++) {
          const source = (y - (y % patch)) * sampleSide + (x - (x % patch))
          data[(image * channels + c) * plane + y * sampleSide + x] = noise[c * plane + source]!
        }
  })
  return float32(data, [patchSides.length, channels, sampleSide, sampleSide])
}

/** The latents at one place, with a 1 behind them. `row` counts places over all pictures of the batch. */
function latentAt({ data, shape }: FloatTensor, row: number): number[] {
  const [, channels, h, w] = shape as [number, number, number, number]
  const plane = h * w
  const start = Math.floor(row / plane) * channels * plane + (row % plane)
  return [...Array.from({ length: channels }, (_, c) => data[start + c * plane]!), 1]
}

/** Mean colour of the area that each latent stands for. [b, 3, h, w] -> one [r, g, b] a latent, about -1..1. */
function areaColours({ data, shape }: FloatTensor, scale: number): number[][] {
  const [batch, , height, width] = shape as [number, number, number, number]
  const colours: number[][] = []
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < height; y += scale)
      for (let x = 0; x < width; x += scale)
        colours.push([0, 1, 2].map((c) => areaMean(data, (b * 3 + c) * height * width + y * width + x, width, scale)))
  return colours
}

function areaMean(data: Float32Array, start: number, width: number, side: number): number {
  let sum = 0
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += data[start + y * width + x]!
  return sum / side ** 2
}

/** Coefficients k that minimise |inputs k - targets|^2, by the normal equations. */
function leastSquares(inputs: readonly number[][], targets: readonly number[]): number[] {
  const n = inputs[0]!.length
  const system = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => inputs.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    inputs.reduce((sum, row, r) => sum + row[i]! * targets[r]!, 0),
  ])
  return solve(system)
}

/** Gauss-Jordan elimination with pivoting of an n x (n + 1) system. */
function solve(system: number[][]): number[] {
  const n = system.length
  for (let column = 0; column < n; column++) {
    const rest = system.slice(column)
    const pivot =
      column + rest.reduce((best, row, i) => (Math.abs(row[column]!) > Math.abs(rest[best]![column]!) ? i : best), 0)
    ;[system[column], system[pivot]] = [system[pivot]!, system[column]!]
    const lead = system[column]!
    for (const row of system) {
      if (row === lead) continue
      const factor = row[column]! / lead[column]!
      for (let j = column; j <= n; j++) row[j]! -= factor * lead[j]!
    }
  }
  return system.map((row, i) => row[n]! / row[i]!)
}

function paint(latents: FloatTensor, matrix: readonly number[][]): RgbImage {
  const [, , height, width] = latents.shape as [number, number, number, number]
  const data = new Uint8Array(width * height * 3)
  for (let place = 0; place < width * height; place++) {
    const values = latentAt(latents, place)
    matrix.forEach((row, colour) => {
      const value = row.reduce((sum, factor, i) => sum + factor * values[i]!, 0)
      data[place * 3 + colour] = Math.min(255, Math.max(0, Math.round((value / 2 + 0.5) * 255)))
    })
  }
  return { width, height, data }
}
