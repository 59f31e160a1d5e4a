/** Masks: 0 keeps, anything above the threshold is to be redrawn. */
import { nearestInterpolate } from '../tensor/interpolate.ts'
import { float32, type FloatTensor } from '../tensor/tensor.ts'
import { resizeGrey, resizeRgb } from './resize.ts'
import type { GreyImage, RgbImage } from './rgb-image.ts'
import { roundDownToMultiple, type PixelSize } from './vae-preprocess.ts'

/** Whether a picture has one channel. */
const isGrey = (image: RgbImage | GreyImage): boolean => image.data.length === image.width * image.height

/** Luma of ITU-R BT.601 in Pillow's fixed point, `Image.convert("L")`. */
export function toGrey({ width, height, data }: RgbImage): GreyImage {
  const out = new Uint8Array(width * height)
  for (let i = 0, at = 0; i < out.length; i++, at += 3)
    out[i] = (19595 * data[at]! + 38470 * data[at + 1]! + 7471 * data[at + 2]! + 32768) >> 16
  return { width, height, data: out }
}

export interface MaskTensors {
  /** [1, 1, height, width] float32, 0 or 1. */
  readonly mask: FloatTensor
  /** [1, 1, height/8, width/8] float32, 0 or 1: the mask at the latents' size, nearest neighbour. */
  readonly latentMask: FloatTensor
}

/**
 * A mask for an inpainting pipeline, from a grey or colour picture: resized (Lanczos), made grey, 1 where at least half
 * white. The size is `size`, or the picture's rounded down to multiples of 8.
 */
export function maskPreprocess(image: RgbImage | GreyImage, size: PixelSize = roundDownToMultiple(image)): MaskTensors {
  const { width, height } = size
  const grey = isGrey(image)
    ? resizeGrey(image, width, height, 'lanczos')
    : toGrey(resizeRgb(image, width, height, 'lanczos'))
  const mask = float32(
    Float32Array.from(grey.data, (value) => (value / 255 >= 0.5 ? 1 : 0)),
    [1, 1, height, width],
  )
  return { mask, latentMask: nearestInterpolate(mask, Math.floor(height / 8), Math.floor(width / 8)) }
}

/**
 * A mask of a window that is drawn, 0 or 255, for the same pipelines. A latent is drawn wherever one of its pixels is:
 * the nearest of them alone, which `maskPreprocess` asks, would lose what is thin. Sides are multiples of `factor`.
 */
export function maskTensors({ width, height, data }: GreyImage, factor: number): MaskTensors {
  const [across, down] = [width / factor, height / factor]
  const mask = float32(new Float32Array(width * height), [1, 1, height, width])
  const latentMask = float32(new Float32Array(across * down), [1, 1, down, across])
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue
    mask.data[i] = 1
    latentMask.data[Math.floor(i / width / factor) * across + Math.floor((i % width) / factor)] = 1
  }
  return { mask, latentMask }
}

/** LLMGA's threshold for masks, of 255. */
export const maskThreshold255 = 125

/** 255 where the mask reaches the threshold, else 0. */
export const binarize = (mask: GreyImage, threshold255 = maskThreshold255): GreyImage => ({
  ...mask,
  data: mask.data.map((value) => (value >= threshold255 ? 255 : 0)),
})

/**
 * The picture with black where the mask reaches LLMGA's threshold: what its language model is shown. Sizes are equal.
 */
export function blackOut(image: RgbImage, mask: GreyImage): RgbImage {
  if (image.width !== mask.width || image.height !== mask.height)
    throw new RangeError(`mask ${mask.width} x ${mask.height} on a picture of ${image.width} x ${image.height}`)
  const data = image.data.map((value, i) => (mask.data[Math.trunc(i / 3)]! >= maskThreshold255 ? 0 : value))
  return { ...image, data }
}

/** The size whose shorter side is `shortSide`, the longer cut to a whole number as LLMGA's programs do. */
export function sizeByShortSide({ width, height }: PixelSize, shortSide: number): PixelSize {
  if (height > width) return { width: shortSide, height: Math.trunc((height / width) * shortSide) }
  return { width: Math.trunc((width / height) * shortSide), height: shortSide }
}
