import type { Inference } from '../../contract/inference.ts'
import type { SafetyChecker, Screening } from '../../contract/safety.ts'
import { AppError } from '../../contract/errors.ts'
import { parseBlockedWords } from './blocked-words.ts'

export interface SafetyOptions {
  readonly inference: Pick<Inference, 'run'>
  /** Whether there is a model for the role `safety`. */
  readonly checksImages: boolean
  /** The list of blocked words as its file has it (see `parseBlockedWords`). */
  readonly blockedWords: string
}

/** The checks of words, by a list, and of pictures, by Stable Diffusion's safety checker. */
export function createSafetyChecker({ inference, checksImages, blockedWords }: SafetyOptions): SafetyChecker {
  const blocked = parseBlockedWords(blockedWords)
  return {
    checksImages,
    checkPrompt(text) {
      const entry = blocked(text)
      return entry === undefined ? { allowed: true } : { allowed: false, entry }
    },
    checkImage: (bytes, signal) => screen(inference, bytes, signal),
  }
}

/** Checks nothing: for a bot that is given no checker. */
export const noSafety: SafetyChecker = {
  checksImages: false,
  checkPrompt: () => ({ allowed: true }),
  checkImage: () =>
    Promise.reject(
      new AppError('model/not-found', { message: 'there is no model for safety', hint: 'Set LLMGA_SAFETY.' }),
    ),
}

async function screen(
  inference: SafetyOptions['inference'],
  image: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Screening> {
  for await (const event of inference.run({ kind: 'screen', image }, signal ? { signal } : {})) {
    if (event.type === 'error') throw AppError.fromJSON(event.error)
    if (event.type === 'done' && event.result.screening) return event.result.screening
  }
  throw new AppError('inference/failed', { message: 'the safety checker gave no answer', retryable: true })
}
