import type { GoldenKind } from '../runner.ts'
import { adapterKinds } from './adapters.ts'
import { clipKinds } from './clip.ts'
import { controlNetKinds } from './controlnet.ts'
import { languageModelKinds } from './language-models.ts'
import { leditsKinds } from './ledits.ts'
import { picturePipelineKinds } from './picture-pipelines.ts'
import { promptKinds } from './prompts.ts'
import { promptToPromptKinds } from './prompt-to-prompt.ts'
import { stableDiffusionKinds } from './stable-diffusion.ts'
import { diffrirKinds } from './diffrir.ts'
import { imageKinds } from './images.ts'
import { randomKinds } from './random.ts'
import { safetyKinds } from './safety.ts'
import { schedulerKinds } from './schedulers.ts'
import { tokenizerKinds } from './tokenizers.ts'

/** Kind of case -> its runner. A kind that is not here is reported as unsupported. */
export const kinds: Readonly<Record<string, GoldenKind>> = {
  ...imageKinds,
  ...diffrirKinds,
  ...clipKinds,
  ...languageModelKinds,
  ...randomKinds,
  ...schedulerKinds,
  ...tokenizerKinds,
  ...promptKinds,
  ...promptToPromptKinds,
  ...stableDiffusionKinds,
  ...picturePipelineKinds,
  ...leditsKinds,
  ...adapterKinds,
  ...controlNetKinds,
  ...safetyKinds,
}
