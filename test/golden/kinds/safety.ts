import { loadSafetyNetwork } from '../../../src/families/safety-checker/safety-checker.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'

/**
 * Stable Diffusion's safety checker. A case has the checker's folder as its model, the prepared pictures as
 * `input.clip_input` [b, 3, s, s], and of diffusers' forward pass: `expected.image_embeds`, `expected.cos_dist`,
 * `expected.special_cos_dist`, and in case.json, one a picture, `special_care`, `bad_concepts`, `has_nsfw_concept`.
 */
export const safetyKinds: Record<string, GoldenKind> = { safety_checker: safetyChecker }

async function safetyChecker(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const network = await loadSafetyNetwork(goldenCase.model(), await goldenRuntime())
  const features = await network.encode(goldenCase.float('input.clip_input'))
  check.tensor('image_embeds', features.imageEmbeds.data, features.imageEmbeds.shape)
  check.tensor('cos_dist', features.conceptCosines.data, features.conceptCosines.shape)
  check.tensor('special_cos_dist', features.specialCareCosines.data, features.specialCareCosines.shape)
  const verdicts = network.judge(features)
  const numbers = (found: readonly { readonly concept: number }[]) => found.map(({ concept }) => concept)
  check.json(
    'special_care',
    verdicts.map(({ specialCare }) => numbers(specialCare)),
  )
  check.json(
    'bad_concepts',
    verdicts.map(({ concepts }) => numbers(concepts)),
  )
  check.json(
    'has_nsfw_concept',
    verdicts.map(({ flagged }) => flagged),
  )
}
