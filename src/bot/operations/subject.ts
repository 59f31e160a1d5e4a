import type { ImageNode } from '../../contract/conversation.ts'
import type { TextToImageRequest } from '../../contract/inference.ts'
import { refineWish } from '../../conversation/wordings.ts'
import { converse, type Question } from '../converse.ts'
import { drawRequest, given, imageOf } from '../drawing.ts'
import { drawBlock, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'
import { sizeOfRatio } from '../option-specs.ts'
import { talkAbout } from '../picture-talk.ts'

/** A wish with the subject of a picture (IP-Adapter): the language model sees the picture, so that both agree. */
export async function subject(run: JobRun, request: RequestOf<'subject'>): Promise<void> {
  const image = imageOf(run.state, request.imageId)
  const use = { subject: { image: await run.load(image.sha256), ...given({ scale: request.scale }) } }
  await drawWith(run, request, image, use, async () => (await talkAbout(run, image, request)).messages)
}

/** A wish along the edges of a picture (ControlNet), in the picture's shape. */
export async function control(run: JobRun, request: RequestOf<'control'>): Promise<void> {
  const { preprocess, scale, start, end, words, drawing } = request
  const image = imageOf(run.state, request.imageId)
  const use = { control: { image: await run.load(image.sha256), ...given({ preprocess, scale, start, end }) } }
  const size = drawing.width === undefined ? sizeOfRatio(ratioOf(image), run.usualSize) : {}
  const question = [{ role: 'user', text: refineWish(run.wordings, words) } as const]
  await drawWith(run, { ...request, drawing: { ...drawing, ...size } }, image, use, async () => question)
}

const ratioOf = ({ width, height }: ImageNode) => Math.min(4, Math.max(1 / 4, width / height))

type Use = Pick<TextToImageRequest, 'subject' | 'control'>

async function drawWith(
  run: JobRun,
  request: RequestOf<'subject' | 'control'>,
  parent: ImageNode,
  use: Use,
  messages: () => Promise<Question['messages']>,
): Promise<void> {
  const { words: wish, seed, drawing } = request
  const draft = (block: number, prompt: string) => ({
    block,
    prompt,
    parent,
    requests: [{ ...drawRequest({ prompt, wish, drawing, seed, block }, run.styles), ...use }],
  })
  const prompt = request.prompt ?? (drawing.raw ? wish : undefined)
  if (prompt !== undefined) {
    run.emit({ type: 'text', text: repliesOf(run).here })
    await drawBlock(run, draft(0, prompt))
    return
  }
  const prompts = await converse(run, { ...request, messages: await messages() }, draft)
  if (prompts.length > 0) return
  run.emit({ type: 'notice', text: repliesOf(run).wordsDrawn })
  await drawBlock(run, draft(0, wish))
}
