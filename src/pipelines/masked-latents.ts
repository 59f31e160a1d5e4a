import type { StableDiffusion } from '../families/stable-diffusion/stable-diffusion.ts'
import type { MaskTensors } from '../image/mask.ts'
import type { Scheduler } from '../schedulers/scheduler.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import type { DenoiseOptions } from './denoise.ts'
import { atStart, pictureLatents, type Draw } from './picture-latents.ts'

/** How a masked picture goes into a sampler. */
export interface MaskedStart extends Pick<DenoiseOptions, 'latents' | 'extraChannels' | 'afterStep'> {
  /** The picture with grey (0) where it is to be drawn, [1, 3, h, w]. */
  readonly maskedImage: FloatTensor
  /** [1, c, h/f, w/f] */
  readonly maskedLatents: FloatTensor
}

export interface MaskedPicture {
  /** [1, 3, h, w] in [-1, 1] */
  readonly image: FloatTensor
  readonly mask: MaskTensors
  /** 1 begins with noise alone; less keeps something of what was there. The scheduler is cut by the same number. */
  readonly strength: number
}

/** Channels of an inpainting UNet's input: latents, mask, latents of the masked picture. */
const channelsInAll = (latentChannels: number) => 2 * latentChannels + 1

/** Whether a model was trained to fill in: its UNet sees mask and masked picture. */
export const fillsIn = ({ denoiser, autoencoder }: Pick<StableDiffusion, 'denoiser' | 'autoencoder'>): boolean =>
  denoiser.config.file.in_channels === channelsInAll(autoencoder.config.latent_channels)

/**
 * Prepares inpainting as diffusers' pipelines do. An inpainting UNet is shown the mask and the masked picture at every
 * step; another one draws the whole picture, in which what is kept is put back after each step at its noise level
 * (RePaint's latent blending). Draws, in this order: the picture's sample (unless an inpainting UNet begins with noise
 * alone), the noise, the masked picture's sample.
 */
export async function maskedStart(
  pipeline: Pick<StableDiffusion, 'denoiser' | 'autoencoder'>,
  scheduler: Scheduler,
  { image, mask, strength }: MaskedPicture,
  draw: Draw,
): Promise<MaskedStart> {
  const { autoencoder } = pipeline
  const { scale, config } = autoencoder
  const trained = fillsIn(pipeline)
  const fromNoise = strength === 1
  const shape = [1, config.latent_channels, image.shape[2]! / scale, image.shape[3]! / scale]
  const clean = trained && fromNoise ? undefined : await pictureLatents(autoencoder, image, draw)
  const noise = draw(shape)
  const maskedImage = keptPart(image, mask.mask)
  const maskedLatents = await pictureLatents(autoencoder, maskedImage, draw)
  const latents = fromNoise
    ? atStart(scheduler, noise, shape)
    : float32(scheduler.addNoise(clean!.data, noise, 0), shape)
  return {
    latents,
    maskedImage,
    maskedLatents,
    ...(trained
      ? { extraChannels: maskBefore(mask.latentMask, maskedLatents) }
      : { afterStep: blendKept(scheduler, mask.latentMask, clean!.data, noise) }),
  }
}

/** image * (mask < 0.5): [1, 3, h, w] and [1, 1, h, w]. */
function keptPart({ data, shape }: FloatTensor, mask: FloatTensor): FloatTensor {
  const plane = mask.data.length
  return float32(
    data.map((value, i) => (mask.data[i % plane]! < 0.5 ? value : 0)),
    shape,
  )
}

/** [1, 1, h, w] and [1, c, h, w] -> [1, 1 + c, h, w]. */
function maskBefore(mask: FloatTensor, masked: FloatTensor): FloatTensor {
  const data = new Float32Array(mask.data.length + masked.data.length)
  data.set(mask.data)
  data.set(masked.data, mask.data.length)
  return float32(data, [1, 1 + masked.shape[1]!, ...masked.shape.slice(2)])
}

/** After each step: outside of the mask the picture's own latents at the next step's noise level; clean at the end. */
function blendKept(
  scheduler: Scheduler,
  mask: FloatTensor,
  clean: Float32Array,
  noise: Float32Array,
): NonNullable<DenoiseOptions['afterStep']> {
  const plane = mask.data.length
  return (latents, index) => {
    const isLast = index === scheduler.timesteps.length - 1
    const kept = isLast ? clean : scheduler.addNoise(clean, noise, index + 1)
    return latents.map((value, i) => {
      const share = mask.data[i % plane]!
      return (1 - share) * kept[i]! + share * value
    })
  }
}
