import { latentDistribution, sampleLatents, type Autoencoder } from '../families/stable-diffusion/autoencoder.ts'
import type { Scheduler } from '../schedulers/scheduler.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'

/** Standard normal values of a shape, the next ones at each call. */
export type Draw = (shape: readonly number[]) => Float32Array

/** A picture [1, 3, h, w] in [-1, 1] as latents [1, c, h/f, w/f], scaled: a sample of what it is encoded to (one draw). */
export async function pictureLatents(autoencoder: Autoencoder, image: FloatTensor, draw: Draw): Promise<FloatTensor> {
  const distribution = latentDistribution(await autoencoder.encodeMoments(image))
  const { data, shape } = sampleLatents(distribution, draw(distribution.mean.shape))
  return float32(
    data.map((value) => value * autoencoder.config.scaling_factor),
    shape,
  )
}

/** Standard normal noise at the level at which a sampler begins. */
export const atStart = (scheduler: Scheduler, noise: Float32Array, shape: readonly number[]): FloatTensor =>
  float32(
    noise.map((value) => value * scheduler.initNoiseSigma),
    shape,
  )

/**
 * A picture's latents at the noise level at which a sampler, its beginning cut by `strength`, begins. Draws, in this
 * order: the picture's sample, the noise.
 */
export async function noisedPicture(
  autoencoder: Autoencoder,
  scheduler: Scheduler,
  image: FloatTensor,
  draw: Draw,
): Promise<FloatTensor> {
  const clean = await pictureLatents(autoencoder, image, draw)
  return float32(scheduler.addNoise(clean.data, draw(clean.shape), 0), clean.shape)
}
