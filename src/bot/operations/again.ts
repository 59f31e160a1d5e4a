import { promptOf } from '../../conversation/images.ts'
import { imageOf, originOf, overdrawRequest, redoRequest, variationRequests } from '../drawing.ts'
import { drawBlock, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'
import { promptOfPicture } from '../picture-talk.ts'

/** The same prompt with another seed. */
export async function redo(run: JobRun, { imageId, seed }: RequestOf<'redo'>): Promise<void> {
  const { image, sentence, prompt, recipe } = originOf(run.state, imageId)
  run.emit({ type: 'text', text: sentence ?? repliesOf(run).here })
  await drawBlock(run, { block: 0, prompt, parent: image, requests: [redoRequest(recipe, seed)] })
}

/** Pictures near one: with its own noise where that is known, else drawn over by its prompt. */
export async function variations(run: JobRun, request: RequestOf<'variations'>): Promise<void> {
  const { seed, count, strength, drawing = {} } = request
  const image = imageOf(run.state, request.imageId)
  const { recipe } = image
  const prompt = promptOf(run.state, image)?.prompt ?? (await promptOfPicture(run, image, { seed, drawing }))
  run.emit({ type: 'text', text: promptOf(run.state, image)?.sentence ?? repliesOf(run).here })
  const job = { prompt, drawing: { ...drawing, count }, seed, block: 0 }
  const requests =
    recipe?.operation === 'text-to-image'
      ? variationRequests(recipe, seed, count, strength)
      : [overdrawRequest(await run.load(image.sha256), job, run.styles, strength)]
  await drawBlock(run, { block: 0, prompt, parent: image, requests })
}
