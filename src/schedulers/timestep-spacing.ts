/** Which training timesteps a run visits (arXiv 2305.08891, table 2). Lists are descending. */
import { AppError } from '../contract/errors.ts'
import { roundHalfEven } from '../tensor/round.ts'

export type TimestepSpacing = 'leading' | 'linspace' | 'trailing'

export interface SpacingConfig {
  readonly num_train_timesteps: number
  readonly timestep_spacing: TimestepSpacing
  readonly steps_offset: number
}

/**
 * Whole timesteps, `steps` of them, all within the training's: DDIM, DDPM, PNDM. Throws AppError `input/invalid-option`
 * where so many steps and the offset lead beyond them.
 */
export function wholeTimesteps(config: SpacingConfig, steps: number): number[] {
  const timesteps = evenTimesteps(config, steps)
  const last = config.num_train_timesteps - 1
  if (timesteps[0]! <= last) return timesteps
  throw new AppError('input/invalid-option', {
    message: `${steps} steps begin at timestep ${timesteps[0]}, the training's last is ${last}`,
    hint: `Give fewer than ${steps} steps.`,
  })
}

function evenTimesteps(config: SpacingConfig, steps: number): number[] {
  if (config.timestep_spacing === 'leading') return leading(config, steps, steps)
  if (config.timestep_spacing === 'trailing') return trailing(config, steps)
  return linspaceDown(config, steps).map(roundHalfEven)
}

/** As `wholeTimesteps`, but linspace keeps its fractions, as float32: Euler. */
export function fractionalTimesteps(config: SpacingConfig, steps: number): number[] {
  return config.timestep_spacing === 'linspace'
    ? linspaceDown(config, steps).map(Math.fround)
    : evenTimesteps(config, steps)
}

/** Whole timesteps that leave out the last point of a grid one finer: DPM-Solver and UniPC. */
export function openEndedTimesteps(config: SpacingConfig, steps: number): number[] {
  if (config.timestep_spacing === 'leading') return leading(config, steps + 1, steps)
  if (config.timestep_spacing === 'trailing') return trailing(config, steps)
  return linspaceDown(config, steps + 1)
    .slice(0, -1)
    .map(roundHalfEven)
}

/** Steps of the schedule that a distilled model was trained on, evenly spaced by index: LCM and TCD. */
export function distilledTimesteps(trainTimesteps: number, originalSteps: number, steps: number): number[] {
  const stride = Math.floor(trainTimesteps / originalSteps)
  const descending = Array.from({ length: originalSteps }, (_, i) => (originalSteps - i) * stride - 1)
  return Array.from({ length: steps }, (_, i) => descending[Math.floor(i * (originalSteps / steps))]!)
}

/** The last `take` of the points 0, stride, ... of a grid of `points`, shifted by the offset. */
function leading(config: SpacingConfig, points: number, take: number): number[] {
  const stride = Math.floor(config.num_train_timesteps / points)
  return Array.from({ length: take }, (_, i) => (points - 1 - i) * stride + config.steps_offset)
}

function trailing(config: SpacingConfig, steps: number): number[] {
  const train = config.num_train_timesteps
  return Array.from({ length: steps }, (_, i) => roundHalfEven(train - i * (train / steps)) - 1)
}

function linspaceDown(config: SpacingConfig, points: number): number[] {
  const last = config.num_train_timesteps - 1
  if (points === 1) return [0] // numpy's linspace of one point is its start
  const stride = last / (points - 1)
  return Array.from({ length: points }, (_, i) => (i === 0 ? last : (points - 1 - i) * stride))
}
