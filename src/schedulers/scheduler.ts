/** What a sampler keeps of its earlier steps. The pipeline holds it: it passes on what the last step returned. */
export interface StepHistory {
  /** Earlier network outputs or predictions of the clean sample, oldest first; which of the two is the sampler's. */
  readonly outputs: readonly Float32Array[]
  /** The sample from which a step of several network calls began, or the last corrected sample. */
  readonly sample?: Float32Array
  /** The weighted outputs of an unfinished Runge-Kutta step. */
  readonly partial?: Float32Array
}

/** The history before the first step. */
export const emptyHistory: StepHistory = { outputs: [] }

export interface StepInput {
  /** What the network said about `scaleModelInput(sample, stepIndex)`, after guidance. */
  readonly modelOutput: Float32Array
  /** The noisy sample before this step, not scaled. */
  readonly sample: Float32Array
  /** 0 for the first step that is run, also when `strength` left some out. */
  readonly stepIndex: number
  readonly history: StepHistory
  /** Standard normal values of the sample's length; called once where `drawsAt(stepIndex)`, else never. */
  readonly noise: () => Float32Array
}

export interface StepResult {
  /** The sample after this step. */
  readonly sample: Float32Array
  /** What the clean sample would be, judged at this step: for previews. */
  readonly denoised: Float32Array
  readonly history: StepHistory
}

/**
 * A sampler laid out for one run. Arrays are float32 of one length, in any layout; nothing is kept between calls, and
 * the same arguments give the same results.
 */
export interface Scheduler {
  /** The timesteps that are run, in order, as they are fed to the network; some samplers have fractions here. */
  readonly timesteps: readonly number[]
  /**
   * The whole layout, from which `strength` may have cut the beginning: `timesteps[0]` is `allTimesteps[firstIndex]`.
   */
  readonly allTimesteps: readonly number[]
  readonly firstIndex: number
  /** Noise levels of the whole layout with the final one, for samplers that work on sigmas. */
  readonly sigmas?: Float32Array
  /** Product of 1 - beta up to each training timestep. */
  readonly alphasCumprod: Float32Array
  /** By how much standard normal noise is multiplied to begin from nothing. */
  readonly initNoiseSigma: number
  /** The sample as the network wants it at this step. */
  scaleModelInput(sample: Float32Array, stepIndex: number): Float32Array
  step(input: StepInput): StepResult
  /** A clean sample brought to the noise level at which step `stepIndex` begins (forward process). */
  addNoise(original: Float32Array, noise: Float32Array, stepIndex: number): Float32Array
  /** Whether this step takes a draw of noise. */
  drawsAt(stepIndex: number): boolean
}

/** What a run asks of a sampler, beside the checkpoint's configuration. */
export interface RunOptions {
  /** Number of steps over the whole range of noise, 1 to the number of training timesteps. */
  readonly steps: number
  /** Share of the steps that are run, 0 to 1; from a picture, not from noise. Undefined means all. */
  readonly strength?: number
  /** Randomness of DDIM (0 deterministic, 1 as DDPM) and of TCD; other samplers ignore it. */
  readonly eta?: number
}
