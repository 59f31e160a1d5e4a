import { AppError } from '../contract/errors.ts'
import { createDdimInverse } from './ddim-inverse.ts'
import { createDdim } from './ddim.ts'
import { createDdpm } from './ddpm.ts'
import { createDpmpp } from './dpmpp.ts'
import { createEulerAncestral } from './euler-ancestral.ts'
import { createEuler } from './euler.ts'
import { createLcm } from './lcm.ts'
import { createPndm } from './pndm.ts'
import type { RunOptions, Scheduler } from './scheduler.ts'
import { createTcd } from './tcd.ts'
import { createUnipc } from './unipc.ts'

/** diffusers' class names, as `_class_name` of scheduler_config.json gives them. */
const classes = {
  DDIMScheduler: createDdim,
  DDIMInverseScheduler: createDdimInverse,
  DDPMScheduler: createDdpm,
  PNDMScheduler: createPndm,
  EulerDiscreteScheduler: createEuler,
  EulerAncestralDiscreteScheduler: createEulerAncestral,
  DPMSolverMultistepScheduler: createDpmpp,
  UniPCMultistepScheduler: createUnipc,
  LCMScheduler: createLcm,
  TCDScheduler: createTcd,
} satisfies Record<string, (config: unknown, run: RunOptions) => Scheduler>

export type SchedulerClass = keyof typeof classes

export interface SchedulerOptions extends RunOptions {
  /** Options put over the file's, `_class_name` among them; undefined means none. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

/**
 * The sampler of a scheduler_config.json (parsed), laid out for a run. What the file leaves out has the default of its
 * class, as in diffusers; `eta` among the options holds where the run names none. Throws AppError `model/unsupported` for a class or option that no code here computes, and
 * `input/invalid-option` for numbers of steps, strength or eta that cannot be.
 */
export function createScheduler(config: unknown, { overrides, ...run }: SchedulerOptions): Scheduler {
  const options: Record<string, unknown> = { ...(config as object | undefined), ...overrides }
  const name = options['_class_name']
  if (typeof name !== 'string' || !Object.hasOwn(classes, name))
    throw new AppError('model/unsupported', {
      message: `scheduler_config.json: _class_name is ${JSON.stringify(name)}`,
      hint: `Choose a sampler by name; the classes computed here are ${Object.keys(classes).join(', ')}.`,
    })
  const { eta = run.eta } = options
  if (eta !== undefined && typeof eta !== 'number')
    throw new AppError('model/unsupported', {
      message: `scheduler options: eta is ${JSON.stringify(eta)}`,
      hint: 'Give a number from 0 to 1.',
    })
  return classes[name as SchedulerClass](options, { ...run, ...(eta === undefined ? {} : { eta: run.eta ?? eta }) })
}
