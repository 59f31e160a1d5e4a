import type { GoldenKind } from '../runner.ts'
import { clipKinds } from './clip.ts'
import { stableDiffusionKinds } from './stable-diffusion.ts'
import { randomKinds } from './random.ts'
import { schedulerKinds } from './schedulers.ts'

/** Kind of case -> its runner. A kind that is not here is reported as unsupported. */
export const kinds: Readonly<Record<string, GoldenKind>> = {
  ...clipKinds,
  ...randomKinds,
  ...schedulerKinds,
  ...stableDiffusionKinds,
}
