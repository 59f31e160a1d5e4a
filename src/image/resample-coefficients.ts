/**
 * The weights of Pillow's resampling (src/libImaging/Resample.c of Pillow 11), computed in the same order of
 * operations, so that resized pictures agree to the bit.
 */

export type ResampleFilter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'

interface Kernel {
  /** The kernel is 0 beyond this distance from its centre, in source pixels when enlarging. */
  readonly support: number
  readonly value: (x: number) => number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI))

const kernels: Readonly<Record<Exclude<ResampleFilter, 'nearest'>, Kernel>> = {
  box: { support: 0.5, value: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, value: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, value: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI)) : 0) },
  bicubic: { support: 2, value: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, value: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** Keys' cubic convolution with a = -0.5, of a distance. */
function cubic(x: number): number {
  const a = -0.5
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
}

/** Bits behind the point of the fixed-point weights: 32 less 8 for a pixel and 2 for overshoot. */
export const precisionBits = 22

/** For each output place: the first source place it takes, how many, and their fixed-point weights from `offset` on. */
export interface Coefficients {
  readonly first: Int32Array
  readonly count: Int32Array
  /** Weights of output i begin at i x stride. */
  readonly stride: number
  readonly weights: Int32Array
}

/** Weights that bring `from` places to `to` along one axis, antialiased when shrinking. */
export function resampleCoefficients(
  from: number,
  to: number,
  filter: Exclude<ResampleFilter, 'nearest'>,
): Coefficients {
  const kernel = kernels[filter]
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = kernel.support * stretch
  const stride = Math.ceil(support) * 2 + 1
  const first = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const size = Math.min(from, Math.trunc(centre + support + 0.5)) - start
    let total = 0
    for (let k = 0; k < size; k++) {
      exact[k] = kernel.value((k + start - centre + 0.5) * (1 / stretch))
      total += exact[k]!
    }
    for (let k = 0; k < size; k++) weights[i * stride + k] = fixedPoint(total === 0 ? exact[k]! : exact[k]! / total)
    first[i] = start
    count[i] = size
  }
  return { first, count, stride, weights }
}

const fixedPoint = (weight: number): number => Math.trunc(weight * (1 << precisionBits) + (weight < 0 ? -0.5 : 0.5))
