import type { ImageNode } from '../../contract/conversation.ts'
import type { EditRequest } from '../../contract/inference.ts'
import { sha256Of } from '../../conversation/blobs.ts'
import { promptOf } from '../../conversation/images.ts'
import { converse } from '../converse.ts'
import { drawingBase, given, imageOf } from '../drawing.ts'
import { drawBlock, eventsOf, repliesOf, type BlockOfPictures, type JobRun, type RequestOf } from '../job-run.ts'
import { promptOfPicture, talkAbout } from '../picture-talk.ts'
import { loadMask } from '../stored-mask.ts'

type Edit = RequestOf<'edit'>

/**
 * Change a picture by words: the prompt of what it shows, that of what it is to show, then the edit; where it waits for
 * approval, the mask alone. A model that answers without a prompt has said why, and nothing is drawn.
 */
export async function edit(run: JobRun, request: Edit): Promise<void> {
  const image = imageOf(run.state, request.imageId)
  const target = request.prompt ?? (request.drawing.raw ? request.words : undefined)
  if (target !== undefined) {
    const source = request.source ?? (await sourceOf(run, image, request))
    run.emit({ type: 'text', text: repliesOf(run).here })
    if (request.apply) await drawBlock(run, await draftEdit(run, request, image, source, target))
    else await propose(run, request, image, source, target)
    return
  }
  const { messages, source: shown } = await talkAbout(run, image, request)
  const source = request.source ?? shown
  const bytes = await prepare(run, request, image)
  const prompts = await converse(run, { ...request, messages }, (block, prompt) =>
    request.apply && block === 0 ? editBlock(run, request, image, source, prompt, bytes) : undefined,
  )
  const [prompt] = prompts
  if (prompt === undefined) run.emit({ type: 'notice', text: repliesOf(run).notEdited })
  else if (!request.apply) await propose(run, request, image, source, prompt)
}

const sourceOf = async (run: JobRun, image: ImageNode, request: Edit): Promise<string> =>
  promptOf(run.state, image)?.prompt ?? promptOfPicture(run, image, request)

/** Bytes that an edit needs. */
const prepare = async (run: JobRun, { mask }: Edit, image: ImageNode) => ({
  image: await run.load(image.sha256),
  ...(mask ? { mask: await loadMask(mask, run.load) } : {}),
})

type Prepared = Awaited<ReturnType<typeof prepare>>

async function draftEdit(run: JobRun, request: Edit, image: ImageNode, source: string, prompt: string) {
  return editBlock(run, request, image, source, prompt, await prepare(run, request, image))
}

function editBlock(
  run: JobRun,
  request: Edit,
  image: ImageNode,
  source: string,
  prompt: string,
  prepared: Prepared,
): BlockOfPictures {
  const requests = [editRequest(run, request, image, source, prompt, prepared)]
  return { block: 0, prompt, source, parent: image, requests }
}

/** What stood behind the prompt when the picture was drawn (its style) stands behind both prompts of the edit. */
function editRequest(
  run: JobRun,
  { words, seed, drawing, wordWeights }: Edit,
  image: ImageNode,
  source: string,
  prompt: string,
  prepared: Prepared,
): EditRequest {
  const { recipe } = image
  const suffix = recipe?.prompt.startsWith(source) ? recipe.prompt.slice(source.length) : ''
  const negative = drawing.negativePrompt ?? recipe?.negativePrompt ?? ''
  const { steps, guidanceScale, sampler, loras } = drawing
  const settings = {
    count: 1,
    ...given({ steps, guidanceScale, sampler, loras }),
    ...(negative === '' ? {} : { negativePrompt: negative }),
  }
  const { engine, strength, restore, t2i: model } = drawing
  return {
    kind: 'edit',
    ...drawingBase({ prompt: `${prompt}${suffix}`, wish: words, drawing: settings, seed, block: 0 }, run.styles),
    ...prepared,
    sourcePrompt: `${source}${suffix}`,
    ...given({ engine, strength, restore, model, wordWeights }),
  }
}

/** Computes the mask of an edit, and asks for approval. */
async function propose(run: JobRun, request: Edit, image: ImageNode, source: string, prompt: string): Promise<void> {
  const prepared = await prepare(run, request, image)
  const asked = { ...editRequest(run, request, image, source, prompt, prepared), onlyMask: true }
  run.guard.checkPrompt(prompt)
  run.emit({ type: 'prompt', block: 0, prompt })
  const place = await run.enter('draw', run.signal, (position) => run.emit({ type: 'waiting', block: 0, position }))
  let maskBytes: Uint8Array | undefined
  try {
    for await (const event of eventsOf(run, asked)) {
      if (event.type === 'step') run.emit({ type: 'step', block: 0, step: run.guard.shownStep(event) })
      if (event.type === 'image') maskBytes = event.image.details?.maskPng
    }
  } finally {
    place.leave()
  }
  run.emit({ type: 'drawn', block: 0 })
  const proposal = { imageId: image.id, source, prompt, ...(maskBytes ? { maskSha256: sha256Of(maskBytes) } : {}) }
  run.emit({ type: 'proposal', proposal, ...(maskBytes ? { maskBytes } : {}) })
}
