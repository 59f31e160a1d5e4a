import { afterEach } from 'vitest'
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
  return {
    start: async (options?: HarnessOptions) => (harness = await createHarness(options)),
    /** Requests that the models got. */
    drawings: () => started().inference.requests.filter((request) => request.kind === 'text-to-image'),
    chats: () => started().inference.requests.filter((request) => request.kind === 'chat'),
  }
}

export const png = solidPng(8, 8, 0xff0000)
export const attached = (bytes = png, name = 'cat.png') => ({ attachments: [{ name, source: { bytes } }] })
