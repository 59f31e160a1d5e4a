import type { ClipPreprocessor } from '../../image/clip-preprocess.ts'
import type { Weights } from '../../weights/weights.ts'
import { AppError } from '../../contract/errors.ts'
import type { ClipVisionConfig } from '../clip/clip-config.ts'

/** How a LLaVA sees, whichever layout its checkpoint has. */
export interface VisionPlan {
  readonly tower: ClipVisionConfig
  readonly towerWeights: Weights
  readonly preprocessor: ClipPreprocessor
  /** The tower's states that are taken, side by side: 0 is before its first layer, n after its layer n. */
  readonly states: readonly number[]
  readonly keepsClassToken: boolean
  /** Linear layers between the tower's features and the decoder's rows; none: the features are the rows. */
  readonly projector: readonly Weights[]
  /** Between those layers, by its name in src/graph's `activations`. */
  readonly projectorActivation: string
}

/**
 * The number of layers before the state that `layer` means, which counts from the end where it is negative; later layers
 * are not computed. Throws AppError `model/unsupported` naming the config's key.
 */
export function selectedState(key: string, layer: number, { num_hidden_layers: layers }: ClipVisionConfig): number {
  const state = layer < 0 ? layers + 1 + layer : layer
  if (state >= 0 && state <= layers) return state
  throw new AppError('model/unsupported', {
    message: `${key} ${layer}: the vision tower has ${layers} layers`,
    hint: 'The vision tower does not belong to this checkpoint.',
  })
}
