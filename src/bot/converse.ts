import type { ThreadSettings } from '../contract/conversation.ts'
import type { ChatMessage } from '../contract/inference.ts'
import { drawBlock, talk, type BlockOfPictures, type JobRun } from './job-run.ts'

/** Who is asked, and with which words. */
export interface Question {
  readonly messages: readonly ChatMessage[]
  readonly seed: number
  readonly drawing: ThreadSettings
}

/** What is drawn for a prompt of the answer; undefined leaves it undrawn. */
export type Drafting = (block: number, prompt: string) => BlockOfPictures | undefined

/** The language model of a thread, and the seed of its answer. */
export const chatRequest = ({ messages, seed, drawing: { mllm } }: Question) => ({
  kind: 'chat' as const,
  messages,
  sampling: { seed },
  ...(mllm === undefined ? {} : { model: mllm }),
})

/**
 * Streams a reply of the language model. Each prompt in it is drawn as soon as it is complete, one after the other,
 * while the words after it still come. Returns the prompts.
 */
export async function converse(run: JobRun, question: Question, drafting: Drafting): Promise<readonly string[]> {
  const stop = new AbortController()
  const easel: JobRun = { ...run, signal: AbortSignal.any([run.signal, stop.signal]) }
  const prompts: string[] = []
  let drawings: Promise<unknown> = Promise.resolve()
  const draw = (block: number, prompt: string) => {
    prompts.push(prompt)
    const draft = drafting(block, prompt)
    if (!draft) return
    drawings = drawings.then(() => drawBlock(easel, draft))
    drawings.catch(() => undefined) // awaited below
  }
  try {
    await talk(run, chatRequest(question), draw)
  } catch (error) {
    stop.abort()
    await drawings.catch(() => undefined)
    throw error
  }
  await drawings
  return prompts
}
