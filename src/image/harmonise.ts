import type { GreyImage, RgbImage } from './rgb-image.ts'

/** Of the window's short side: how far what is known of kept pixels reaches. */
const reach = 1 / 12
const passes = 3

/**
 * Takes a slow drift of colour out of a drawn window. A model draws the kept part of a window, too, and there the
 * difference to the true picture is known; what it is on average near a place is added there, fading inwards. Details
 * stay: nothing but that smooth difference changes (a normalised convolution; Knutsson and Westin, CVPR 1993).
 * All three have one size; mask 0 is kept. Returns the window with the marked part corrected.
 */
export function harmonise(drawn: RgbImage, original: RgbImage, mask: GreyImage): RgbImage {
  const { width, height } = drawn
  const radius = Math.max(2, Math.round(Math.min(width, height) * reach))
  const kept = Float32Array.from(mask.data, (value) => (value === 0 ? 1 : 0))
  const weight = blur(kept, width, radius)
  const data = new Uint8Array(drawn.data)
  for (let c = 0; c < 3; c++) {
    const difference = kept.map((own, i) => own * (original.data[3 * i + c]! - drawn.data[3 * i + c]!))
    const drift = blur(difference, width, radius)
    for (let i = 0; i < kept.length; i++) {
      if (kept[i] === 1 || weight[i]! < 1e-6) continue
      const fade = Math.min(1, 2 * weight[i]!) // 1 at a straight border
      const value = drawn.data[3 * i + c]! + (drift[i]! / weight[i]!) * fade
      data[3 * i + c] = Math.min(255, Math.max(0, Math.round(value)))
    }
  }
  return { ...drawn, data }
}

/** Nearly Gaussian: running means of 2 radius + 1 values along rows and columns, several times; outside counts as 0. */
function blur(values: Float32Array, width: number, radius: number): Float32Array {
  const height = values.length / width
  let current = values
  for (let pass = 0; pass < passes; pass++) {
    current = runningMean(current, { lines: height, length: width, lineStep: width, step: 1 }, radius)
    current = runningMean(current, { lines: width, length: height, lineStep: 1, step: width }, radius)
  }
  return current
}

interface Lines {
  readonly lines: number
  readonly length: number
  readonly lineStep: number
  readonly step: number
}

function runningMean(values: Float32Array, { lines, length, lineStep, step }: Lines, radius: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep
    const at = (i: number) => (i < 0 || i >= length ? 0 : values[start + i * step]!)
    let sum = 0
    for (let i = -radius; i < radius; i++) sum += at(i)
    for (let i = 0; i < length; i++) {
      sum += at(i + radius)
      out[start + i * step] = sum / (2 * radius + 1)
      sum -= at(i - radius)
    }
  }
  return out
}
