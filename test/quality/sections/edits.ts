/** Edits by words on held-out pictures: what was to change has changed, everything else has not. */
import type { EditEngine, Inference } from '../../../src/contract/inference.ts'
import { changedFactors, editKinds, parseCaption, type Factors } from '../captions.ts'
import { captionOf, draw, promptOf, reply } from '../models.ts'
import { differingPixels, grown, pixelsOf, psnr, readEvalBytes, readEvalJson } from '../pictures.ts'
import { mean, share, type Table } from '../score.ts'

interface EditCase {
  readonly image: string
  readonly instruction: string
  readonly source_caption: string
  readonly target_caption: string
  readonly expected: string
}

/** Levels that count as another pixel in the rendered pair, and by how much the region where they lie is widened. */
const expectedRegion = { threshold: 24, radius: 6 }

interface Result {
  readonly kind: string
  readonly instruction: string
  readonly changed: boolean
  readonly others: boolean
  readonly keptPsnr: number
  readonly changedShare: number
  readonly judgeRight: boolean
}

async function editOne(inference: Inference, engine: EditEngine, one: EditCase): Promise<Result> {
  const image = readEvalBytes(`edit/${one.image}`)
  const opening = await reply(inference, [{ role: 'user', text: 'Generate a similar image.', image }])
  const answer = await reply(inference, [
    { role: 'user', text: 'Generate a similar image.', image },
    { role: 'assistant', text: opening },
    { role: 'user', text: one.instruction },
  ])
  const [sourcePrompt, prompt] = [promptOf(opening), promptOf(answer)]
  const result = await draw(inference, { kind: 'edit', image, sourcePrompt, prompt, engine, seed: 1 })
  const [before, expected, after] = [
    await pixelsOf(image),
    await pixelsOf(readEvalBytes(`edit/${one.expected}`)),
    await pixelsOf(result.png),
  ]
  const { threshold, radius } = expectedRegion
  const region = grown(differingPixels(before, expected, threshold), before.width, radius)
  const [source, target] = [parseCaption(one.source_caption)!, parseCaption(one.target_caption)!]
  const seen = parseCaption(await captionOf(inference, result.png))
  const judged = parseCaption(await captionOf(inference, readEvalBytes(`edit/${one.expected}`)))
  const wanted = changedFactors(source, target)
  const right = (factors: Factors | undefined) => wanted.every((name) => factors?.[name] === target[name])
  return {
    kind: wanted.map((name) => editKinds[name]).join('+'),
    instruction: one.instruction,
    changed: right(seen),
    others: seen !== undefined && changedFactors(seen, target).every((name) => wanted.includes(name)),
    keptPsnr: psnr(before, after, region, 0),
    changedShare: result.details?.changedShare ?? NaN,
    judgeRight: right(judged),
  }
}

const percent = (value: number) => `${(100 * value).toFixed(0)} %`

export async function edits(inference: Inference, engine: EditEngine): Promise<readonly Table[]> {
  const results: Result[] = []
  for (const one of readEvalJson<readonly EditCase[]>('edit/edits.json'))
    results.push(await editOne(inference, engine, one))
  const kinds = [...new Set(results.map(({ kind }) => kind))].sort()
  const finite = (values: readonly number[]) => values.filter(Number.isFinite)
  return [
    {
      title: `Edits by words, engine ${engine}`,
      note: '`changed`: the factor asked for, read from the result by the language model (it reads the true picture right in the share under `judge`). `others kept`: all other factors. `kept PSNR`: pixels outside the region in which the rendered pair differs, against the picture before, in dB. Place, size and background move or fill that region, so little or nothing is left outside it.',
      header: ['kind', 'n', 'changed', 'others kept', 'kept PSNR', 'pixels changed', 'judge'],
      rows: kinds.map((kind) => {
        const own = results.filter((result) => result.kind === kind)
        const psnrs = finite(own.map(({ keptPsnr }) => keptPsnr))
        return [
          kind,
          String(own.length),
          share(mean(own.map(({ changed }) => Number(changed)))),
          share(mean(own.map(({ others }) => Number(others)))),
          psnrs.length > 0 ? mean(psnrs).toFixed(1) : 'all equal',
          percent(mean(own.map(({ changedShare }) => changedShare))),
          share(mean(own.map(({ judgeRight }) => Number(judgeRight)))),
        ]
      }),
    },
  ]
}
