import { promptOf } from '../../conversation/images.ts'
import { converse } from '../converse.ts'
import { imageOf, overdrawRequest } from '../drawing.ts'
import { drawBlock, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'
import { promptOfPicture, talkAbout } from '../picture-talk.ts'

/** How much is drawn anew when nothing is said (0 nothing, 1 everything). */
const usualStrength = 0.6

/** Image to image: the picture is drawn over by a prompt, in which the person's words have their place. */
export async function restyle(run: JobRun, request: RequestOf<'restyle'>): Promise<void> {
  const { words, seed, drawing, strength = usualStrength } = request
  const image = imageOf(run.state, request.imageId)
  const bytes = await run.load(image.sha256)
  const draft = (block: number, prompt: string) => ({
    block,
    prompt,
    parent: image,
    requests: [overdrawRequest(bytes, { prompt, wish: words, drawing, seed, block }, run.styles, strength)],
  })
  const drawNow = async (prompt: string) => {
    run.emit({ type: 'text', text: repliesOf(run).here })
    await drawBlock(run, draft(0, prompt))
  }
  if (request.prompt !== undefined) return drawNow(request.prompt)
  if (words === '') return drawNow(promptOf(run.state, image)?.prompt ?? (await promptOfPicture(run, image, request)))
  if (drawing.raw) return drawNow(words)
  const { messages } = await talkAbout(run, image, request)
  const prompts = await converse(run, { ...request, messages }, (block, prompt) =>
    block === 0 ? draft(block, prompt) : undefined,
  )
  if (prompts.length > 0) return
  run.emit({ type: 'notice', text: repliesOf(run).wordsDrawn })
  await drawBlock(run, draft(0, words))
}
