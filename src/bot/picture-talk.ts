import type { ImageNode, ThreadSettings } from '../contract/conversation.ts'
import type { ChatMessage } from '../contract/inference.ts'
import { promptOf } from '../conversation/images.ts'
import { loadSegment, segment, similarExchange } from '../conversation/segments.ts'
import { refuse } from '../language/refuse.ts'
import { chatRequest } from './converse.ts'
import { askQuietly, type JobRun, type QuietAnswer } from './job-run.ts'

interface Asking {
  readonly seed: number
  readonly drawing: ThreadSettings
}

/** A picture, and the words about it, as the language model is shown them. */
export interface PictureTalk {
  readonly messages: readonly ChatMessage[]
  /** The prompt of what the picture shows. */
  readonly source: string
}

/**
 * The conversation in which a picture is changed by words: turn 1 asks for a similar picture, and its answer is the
 * prompt of what there is; the last turn is the instruction. A picture that was drawn here has that exchange already
 * (its segment); about another one the model is asked first.
 */
export async function talkAbout(
  run: JobRun,
  image: ImageNode,
  request: Asking & { readonly turnId: string; readonly words: string },
): Promise<PictureTalk> {
  const { state, wordings, load } = run
  const known = promptOf(state, image)
  if (known)
    return { messages: await loadSegment(segment(state, request.turnId, wordings), load), source: known.prompt }
  const { text, prompts } = await askSimilar(run, image, request)
  const [source] = prompts
  if (source === undefined) throw unseen()
  const [question, answer] = similarExchange(wordings, source, text === '' ? undefined : text)
  const picture = { ...question, image: await load(image.sha256) }
  return { messages: [picture, answer, { role: 'user', text: request.words }], source }
}

/** The prompt of what a picture shows, in the language model's words. Throws AppError `input/empty` without one. */
export async function promptOfPicture(run: JobRun, image: ImageNode, asking: Asking): Promise<string> {
  const { prompts } = await askSimilar(run, image, asking)
  if (prompts[0] === undefined) throw unseen()
  return prompts[0]
}

async function askSimilar(run: JobRun, image: ImageNode, asking: Asking): Promise<QuietAnswer> {
  const messages = [{ role: 'user', text: run.wordings.similar, image: await run.load(image.sha256) } as const]
  return askQuietly(run, chatRequest({ ...asking, messages }))
}

const unseen = () => refuse('input/empty', 'modelSawNothing')
