import type { StepEvent } from '../../contract/inference.ts'
import type { ThreadKey } from '../../contract/thread.ts'
import { refuse } from '../../language/refuse.ts'
import type { BotContext } from '../context.ts'
import { policyFor } from '../policy/policy.ts'
import { checkDrawnPrompt } from './check-words.ts'

/** What becomes of a picture that was drawn: shown, shown as not safe for work, or neither kept nor shown. */
export type PictureVerdict = 'shown' | 'sensitive' | 'withheld'

/** Looks at what a job draws, by the rule of the place where it is drawn. */
export interface PictureGuard {
  /** Before drawing. Throws AppError `access/denied` for a prompt, and where pictures cannot be looked at but must be. */
  readonly checkPrompt: (prompt: string) => void
  /** Before a picture is kept or shown. Throws what inference throws: what was not looked at is not shown either. */
  readonly judge: (picture: Uint8Array, signal: AbortSignal) => Promise<PictureVerdict>
  /** A step as it may be shown: without its preview where pictures are looked at first. */
  readonly shownStep: (step: StepEvent) => StepEvent
}

/**
 * The guard for a thread's place, as its policy is now. `off` looks at nothing but words; so does `blur` without a model
 * that looks at pictures; `block` without one draws nothing.
 */
export async function pictureGuard(
  context: Pick<BotContext, 'stores' | 'policy' | 'safety' | 'log'>,
  key: ThreadKey,
): Promise<PictureGuard> {
  const { safety, log } = context
  const { nsfw } = await policyFor(context, key)
  const isLooking = nsfw !== 'off' && safety.checksImages
  return {
    checkPrompt(prompt) {
      checkDrawnPrompt(context, prompt)
      if (nsfw === 'block' && !safety.checksImages) throw refuse('access/denied', 'picturesUnchecked')
    },
    async judge(picture, signal) {
      if (!isLooking) return 'shown'
      const { flagged, concepts } = await safety.checkImage(picture, signal)
      if (!flagged) return 'shown'
      log.info({ concepts, rule: nsfw }, 'a picture was found not safe for work')
      return nsfw === 'block' ? 'withheld' : 'sensitive'
    },
    shownStep: ({ preview, ...step }) => (preview && !isLooking ? { ...step, preview } : step),
  }
}
