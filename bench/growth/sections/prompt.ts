/** Prompts of 1 to 10 pieces of 77 tokens: what the text encoder and the UNet's cross attention take. */
import { mebibytes, memoryOf } from '../../measure.ts'
import { panelOf, reportCurves } from '../curve.ts'
import { forgetPeak, resultOf, withModels, workerPid } from '../door.ts'

/** Each word is a token of CLIP: 75 of them fill a piece, beside its begin and end. */
const promptOf = (pieces: number) => Array.from({ length: 75 * pieces - 5 }, (_, i) => ['fox', 'snow'][i % 2]).join(' ')

const rows = await withModels(async (inference) => {
  const draw = (pieces: number) =>
    resultOf(inference, { kind: 'text-to-image', prompt: promptOf(pieces), seed: 1, steps: 8, previews: false })
  await draw(1)
  const all: number[][] = []
  for (let pieces = 1; pieces <= 10; pieces++) {
    await draw(pieces) // the first of a length is also that of its shapes
    forgetPeak(workerPid())
    const { timings } = await draw(pieces)
    all.push([pieces, timings['encodeMs']!, timings['stepMs']!, mebibytes(memoryOf(workerPid()).peak)])
  }
  return all
})
const x = { xLabel: 'pieces of 77 tokens' }
reportCurves([
  {
    name: 'prompt',
    columns: ['pieces of 77 tokens', 'encode, ms', 'UNet step, ms', 'worker, peak MiB'],
    rows,
    panels: [
      panelOf({ rows }, { title: 'Time', yLabel: 'milliseconds', ...x, lines: { encode: 1, 'UNet step': 2 } }),
      panelOf({ rows }, { title: 'Memory of the worker', yLabel: 'peak, MiB', ...x, lines: { worker: 3 } }),
    ],
  },
])
