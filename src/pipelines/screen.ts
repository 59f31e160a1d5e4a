import type { InferenceResult, ScreenRequest } from '../contract/inference.ts'
import type { SafetyNetwork } from '../families/safety-checker/safety-checker.ts'
import { decodeImage } from '../image/decode.ts'
import { inputLimits } from './input-picture.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'

/**
 * Looks at a picture with Stable Diffusion's safety checker. No event but the result, with its `screening`; transparent
 * parts are looked at on white. Throws AppError as decoding does, and `inference/failed`.
 */
export async function* screen(
  { image }: ScreenRequest,
  network: SafetyNetwork,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const begin = performance.now()
  const pixels = network.preprocess(await decodeImage(image, { limits: inputLimits, alpha: 'white' }))
  await context.turn()
  const [screening] = network.judge(await network.encode(pixels))
  return { screening: screening!, timings: { totalMs: performance.now() - begin } }
}
