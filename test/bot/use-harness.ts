import { afterEach } from 'vitest'
import type { InferenceRequest } from '../../src/contract/inference.ts'
import { createHarness, type Harness, type HarnessOptions } from '../support/bot-harness.ts'
import { solidPng } from '../support/scripted-inference.ts'

/** A harness for each test of a file, stopped after it. */
export function useHarness() {
  let harness: Harness | undefined
  afterEach(() => harness?.stop())
  const started = () => {
    if (!harness) throw new Error('start() comes first')
    return harness
  }
  const requests = <K extends InferenceRequest['kind']>(kind: K) =>
    started().inference.requests.filter(
      (request): request is Extract<InferenceRequest, { kind: K }> => request.kind === kind,
    )
  return {
    start: async (options?: HarnessOptions) => (harness = await createHarness(options)),
    /** Requests that the models got. */
    requests,
    drawings: () => requests('text-to-image'),
    chats: () => requests('chat'),
  }
}

export const png = solidPng(8, 8, 0xff0000)
export const attached = (bytes = png, name = 'cat.png') => ({ attachments: [{ name, source: { bytes } }] })
