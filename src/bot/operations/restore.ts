import { promptOf } from '../../conversation/images.ts'
import { given, imageOf } from '../drawing.ts'
import { drawBlock, repliesOf, type JobRun, type RequestOf } from '../job-run.ts'
import { loadMask } from '../stored-mask.ts'

/** Restores a picture, or enlarges it. It goes on with the prompt that it had. */
export async function restore(run: JobRun, request: RequestOf<'restore'>): Promise<void> {
  const { scale, seed, mask } = request
  const parent = imageOf(run.state, request.imageId)
  const image = await run.load(parent.sha256)
  const prompt = promptOf(run.state, parent)?.prompt ?? ''
  const loaded = given({ mask: mask && (await loadMask(mask, run.load)) })
  const { restored, enlarged } = repliesOf(run)
  run.emit({ type: 'text', text: scale === 1 ? restored : enlarged(scale) })
  await drawBlock(run, { block: 0, prompt, parent, requests: [{ kind: 'restore', image, scale, seed, ...loaded }] })
}
