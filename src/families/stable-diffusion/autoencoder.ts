import path from 'node:path'
import type { Graph } from '../../graph/graph.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import { float32, sizeOf, type FloatTensor } from '../../tensor/tensor.ts'
import { readConfig } from '../../weights/config-file.ts'
import { openWeightFolder } from '../../weights/weights.ts'
import { defaultVaeTiles, runTiled, type VaeTiles } from './vae-tiles.ts'
import { vaeConfigSchema, vaeDecoderGraph, vaeEncoderGraph, vaeScale, type VaeConfig } from './vae.ts'

/** The normal distribution of latents that an image is encoded to; all [b, latent, h/f, w/f]. */
export interface LatentDistribution {
  readonly mean: FloatTensor
  /** Clamped to [-30, 20], as diffusers' DiagonalGaussianDistribution does. */
  readonly logvar: FloatTensor
  readonly std: FloatTensor
}

/** An autoencoder; each half is loaded when it is first used. */
export interface Autoencoder {
  readonly config: VaeConfig
  /** Pixels of a latent's side. */
  readonly scale: number
  /**
   * image [b, 3, h, w] in [-1, 1], sides multiples of `scale` -> moments [b, 2 * latent, h/f, w/f]. A large picture goes
   * in tiles, before each of which `turn` is awaited.
   */
  encodeMoments(image: FloatTensor, turn?: () => Promise<void>): Promise<FloatTensor>
  /** latents [b, latent, h, w], scaled -> image [b, 3, h*f, w*f], unclamped; large ones in tiles. */
  decode(latents: FloatTensor, turn?: () => Promise<void>): Promise<FloatTensor>
  readonly sessions: () => readonly Session[]
}

/**
 * Opens the VAE of a diffusers folder; one whose config says that it overflows in float16 (SDXL's) computes in float32.
 * Throws AppError for what is missing or unknown.
 */
export function openAutoencoder(
  folder: string,
  runtime: Runtime,
  { tiles = defaultVaeTiles }: { readonly tiles?: VaeTiles } = {},
): Autoencoder {
  const config = readConfig(path.join(folder, 'config.json'), vaeConfigSchema)
  const map = openWeightFolder(folder, 'diffusion_pytorch_model')
  const load = (graph: Graph) => runtime.load(graph, { keepFloat32: config.force_upcast }).then(keep)
  const loaded = new Map<string, Promise<Session>>()
  const session = (name: string, open: () => Promise<Session>) => {
    let found = loaded.get(name)
    if (!found) {
      found = open()
      loaded.set(name, found)
      found.catch(() => loaded.delete(name)) // so that a later request tries again
    }
    return found
  }
  const ready: Session[] = []
  const keep = (one: Session) => (ready.push(one), one)
  const scale = vaeScale(config)
  return {
    config,
    scale,
    sessions: () => ready,
    async encodeMoments(image, turn) {
      const encoder = await session('encoder', () => load(vaeEncoderGraph(config, map)))
      const run = async (part: FloatTensor) => (await encoder.run({ image: part }))['moments'] as FloatTensor
      return runTiled({ input: image, inputScale: scale, outputScale: 1, tiles, run, turn })
    },
    async decode(latents, turn) {
      const decoder = await session('decoder', () => load(vaeDecoderGraph(config, map)))
      const input = float32(
        latents.data.map((value) => value / config.scaling_factor),
        latents.shape,
      )
      const run = async (part: FloatTensor) => (await decoder.run({ latents: part }))['image'] as FloatTensor
      return runTiled({ input, inputScale: 1, outputScale: scale, tiles, run, turn })
    },
  }
}

/** Splits moments [b, 2 * c, h, w] into the distribution they describe. */
export function latentDistribution({ data, shape }: FloatTensor): LatentDistribution {
  const [b, channels, h, w] = shape as [number, number, number, number]
  const half = [b, channels / 2, h, w]
  const perImage = sizeOf(half) / b
  const part = (index: number) => {
    const out = new Float32Array(perImage * b)
    for (let i = 0; i < b; i++) {
      const start = (2 * i + index) * perImage
      out.set(data.subarray(start, start + perImage), i * perImage)
    }
    return out
  }
  const logvar = part(1).map((value) => Math.min(Math.max(value, -30), 20))
  return {
    mean: float32(part(0), half),
    logvar: float32(logvar, half),
    std: float32(
      logvar.map((value) => Math.exp(0.5 * value)),
      half,
    ),
  }
}

/** mean + std * noise; noise is standard normal of the same shape. */
export const sampleLatents = ({ mean, std }: LatentDistribution, noise: Float32Array): FloatTensor =>
  float32(
    mean.data.map((value, i) => value + std.data[i]! * noise[i]!),
    mean.shape,
  )
