/** From what a network predicts to the clean sample and the noise (arXiv 2202.00512, appendix D). */
import { clampTo, combine } from '../tensor/combine.ts'

export type PredictionType = 'epsilon' | 'v_prediction' | 'sample'

export interface Prediction {
  /** The clean sample, x0. */
  readonly original: Float32Array
  /** The noise, epsilon. */
  readonly epsilon: Float32Array
}

/**
 * Both parts of `sample` = sqrt(alpha) x original + sqrt(1 - alpha) x epsilon, where alpha is the cumulative product.
 */
export function predict(
  type: PredictionType,
  modelOutput: Float32Array,
  sample: Float32Array,
  alpha: number,
): Prediction {
  const a = Math.sqrt(alpha)
  const b = Math.sqrt(1 - alpha)
  switch (type) {
    case 'epsilon':
      return { original: combine([1 / a, sample], [-b / a, modelOutput]), epsilon: modelOutput }
    case 'sample':
      return { original: modelOutput, epsilon: combine([1 / b, sample], [-a / b, modelOutput]) }
    case 'v_prediction':
      return {
        original: combine([a, sample], [-b, modelOutput]),
        epsilon: combine([a, modelOutput], [b, sample]),
      }
  }
}

/** The clean sample kept within +-range where a checkpoint asks for it (undefined: not); epsilon stays as predicted. */
export const clip = (prediction: Prediction, range: number | undefined): Prediction =>
  range === undefined ? prediction : { ...prediction, original: clampTo(prediction.original, range) }

/** The forward process at the level `alpha` of the cumulative product. */
export const diffuse = (original: Float32Array, noise: Float32Array, alpha: number): Float32Array =>
  combine([Math.sqrt(alpha), original], [Math.sqrt(1 - alpha), noise])
