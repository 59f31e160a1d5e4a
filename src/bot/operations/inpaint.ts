import type { ImageNode } from '../../contract/conversation.ts'
import { askInpaint, askOutpaint } from '../../conversation/wordings.ts'
import { refuse } from '../../language/refuse.ts'
import { converse } from '../converse.ts'
import { drawingBase, given, imageOf } from '../drawing.ts'
import { drawBlock, repliesOf, type BlockOfPictures, type JobRun, type RequestOf } from '../job-run.ts'
import { noMask } from '../missing.ts'
import { grownForModel, maskedForModel } from '../model-pictures.ts'
import { growthSides } from '../route-words/growth.ts'
import { loadMask } from '../stored-mask.ts'

type FillIn = RequestOf<'inpaint' | 'outpaint'>

/** Draws the marked part of a picture anew. The language model is shown the picture with that part black. */
export async function inpaint(run: JobRun, request: RequestOf<'inpaint'>): Promise<void> {
  const { drawing, strength } = request
  const parent = imageOf(run.state, request.imageId)
  if (!request.mask) throw noMask()
  const image = await run.load(parent.sha256)
  const mask = await loadMask(request.mask, run.load)
  const { restore, inpaint: model = drawing.t2i } = drawing // a family without a model for it fills in by blending
  const draft = (prompt: string) => ({
    kind: 'inpaint' as const,
    ...fillInBase(run, request, prompt),
    image,
    mask,
    ...given({ strength, restore, model }),
  })
  const question = askInpaint(run.wordings, request.words)
  await fillIn(run, request, {
    question,
    shown: () => maskedForModel(image, mask),
    draft: (prompt) => block(parent, prompt, draft(prompt)),
  })
}

/** Extends a picture. The language model is shown the grown canvas, black where it is to be drawn. */
export async function outpaint(run: JobRun, request: RequestOf<'outpaint'>): Promise<void> {
  const parent = imageOf(run.state, request.imageId)
  const sides = growthSides(request.growth, parent)
  if (Object.values(sides).every((side) => side === 0)) throw refuse('input/empty', 'noGrowth')
  const image = await run.load(parent.sha256)
  const { restore, inpaint: model = request.drawing.t2i } = request.drawing
  const draft = (prompt: string) => ({
    kind: 'outpaint' as const,
    ...fillInBase(run, request, prompt),
    image,
    sides,
    ...given({ restore, model }),
  })
  await fillIn(run, request, {
    question: askOutpaint(run.wordings, request.words),
    shown: () => grownForModel(image, sides),
    draft: (prompt) => block(parent, prompt, draft(prompt)),
  })
}

const fillInBase = (run: JobRun, { words, seed, drawing }: FillIn, prompt: string) =>
  drawingBase({ prompt, drawing, seed, block: 0, ...(words === '' ? {} : { wish: words }) }, run.styles)

const block = (parent: ImageNode, prompt: string, request: BlockOfPictures['requests'][number]): BlockOfPictures => ({
  block: 0,
  prompt,
  parent,
  requests: [request],
})

interface FillingIn {
  readonly question: string
  /** The picture that the language model is shown. */
  readonly shown: () => Promise<Uint8Array>
  readonly draft: (prompt: string) => BlockOfPictures
}

/** The prompt of the whole picture comes from the model, unless it is given or the words are to be left raw. */
async function fillIn(run: JobRun, request: FillIn, { question, shown, draft }: FillingIn): Promise<void> {
  const { words, drawing } = request
  const prompt = request.prompt ?? (drawing.raw && words !== '' ? words : undefined)
  if (prompt !== undefined) {
    run.emit({ type: 'text', text: repliesOf(run).here })
    await drawBlock(run, draft(prompt))
    return
  }
  const messages = [{ role: 'user', text: question, image: await shown() } as const]
  const prompts = await converse(run, { ...request, messages }, (index, written) =>
    index === 0 ? draft(written) : undefined,
  )
  if (prompts.length > 0) return
  if (words === '') throw refuse('input/empty', 'modelFilledNothing')
  run.emit({ type: 'notice', text: repliesOf(run).wordsDrawn })
  await drawBlock(run, draft(words))
}
