import { createScheduler } from '../../../src/schedulers/create-scheduler.ts'
import { emptyHistory, type Scheduler, type StepHistory, type StepResult } from '../../../src/schedulers/scheduler.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

interface SchedulerInputs {
  readonly class: string
  readonly config: Readonly<Record<string, unknown>>
  readonly num_inference_steps: number
  readonly add_noise_at: number | null
  readonly step_kwargs: { readonly eta?: number }
  readonly strength?: number
}

const scheduler: GoldenKind = (goldenCase, check) => {
  const inputs = goldenCase.inputs as unknown as SchedulerInputs
  const run = {
    steps: inputs.num_inference_steps,
    ...(inputs.strength === undefined ? {} : { strength: inputs.strength }),
    ...inputs.step_kwargs,
  }
  const sampler = createScheduler({ ...inputs.config, _class_name: inputs.class }, run)
  checkLayout(sampler, goldenCase, check)
  const noised = checkAddNoise(sampler, inputs.add_noise_at, goldenCase, check)
  const start = inputs.strength !== undefined && noised ? noised : goldenCase.float('input.sample').data
  checkSteps(sampler, start, goldenCase, check)
}

function checkLayout(sampler: Scheduler, goldenCase: GoldenCase, check: Checker): void {
  check.tensor('timesteps', sampler.allTimesteps)
  check.tensor('alphas_cumprod', sampler.alphasCumprod)
  if (goldenCase.has('expected.sigmas')) check.tensor('sigmas', sampler.sigmas ?? [])
  check.floats('timesteps (json)', sampler.allTimesteps, goldenCase.expected['timesteps'] as number[])
  if (goldenCase.expected['sigmas'])
    check.floats('sigmas (json)', sampler.sigmas ?? [], goldenCase.expected['sigmas'] as number[])
  check.floats('init_noise_sigma', [sampler.initNoiseSigma], [goldenCase.expected['init_noise_sigma'] as number])
  check.json('first_index', sampler.firstIndex)
  check.json('steps_run', sampler.timesteps.length)
}

function checkAddNoise(
  sampler: Scheduler,
  at: number | null,
  goldenCase: GoldenCase,
  check: Checker,
): Float32Array | undefined {
  if (at === null) return undefined
  const original = goldenCase.float('input.add_noise.original').data
  const noised = sampler.addNoise(original, goldenCase.float('input.add_noise.noise').data, at)
  check.tensor('add_noise', noised)
  check.tensor('add_noise_timestep', [sampler.timesteps[at]!])
  return noised
}

function checkSteps(sampler: Scheduler, start: Float32Array, goldenCase: GoldenCase, check: Checker): void {
  const outputs = goldenCase.float('input.model_outputs').data
  const size = start.length
  const draws = goldenCase.tensorNames.filter((name) => name.startsWith('input.draw.')).sort()
  let drawn = 0
  const noise = () => goldenCase.float(draws[drawn++]!).data
  let sample = start
  let history: StepHistory = emptyHistory
  const scaled: number[] = []
  const samples: number[] = []
  const denoised: number[] = []
  sampler.timesteps.forEach((_, stepIndex) => {
    scaled.push(...sampler.scaleModelInput(sample, stepIndex))
    const modelOutput = outputs.subarray(stepIndex * size, (stepIndex + 1) * size)
    const before = drawn
    const result: StepResult & { readonly intermediate?: Float32Array } = sampler.step({
      modelOutput,
      sample,
      stepIndex,
      history,
      noise,
    })
    check.that(`drawsAt(${stepIndex})`, sampler.drawsAt(stepIndex) === drawn - before > 0)
    sample = result.sample
    history = result.history
    samples.push(...sample)
    denoised.push(...(result.intermediate ?? result.denoised))
  })
  check.tensor('scaled_inputs', scaled)
  check.tensor('samples', samples)
  if (goldenCase.has('expected.x0_or_denoised')) check.tensor('x0_or_denoised', denoised)
  check.integers('number of draws', [drawn], [draws.length])
}

export const schedulerKinds: Record<string, GoldenKind> = { scheduler }
