import { describe, expect, it } from 'vitest'
import { attentionPlaces, mapSize } from '../../../src/families/prompt-to-prompt/attention-calls.ts'
import { attentionControl, wordMapOutput } from '../../../src/families/prompt-to-prompt/attention-control.ts'
import { controlInputs, planEdit } from '../../../src/families/prompt-to-prompt/edit-plan.ts'
import { literalWords } from '../../../src/families/prompt-to-prompt/prompt-words.ts'
import { perRow, stackConditioning } from '../../../src/families/stable-diffusion/conditioning.ts'
import type { DenoiserInputs } from '../../../src/families/stable-diffusion/denoiser.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import { createTorchGenerator } from '../../../src/tensor/torch-random.ts'
import { model } from '../../pipelines/drawing.ts'

const { tokenizer, denoiser } = model.pipeline
const controlled = await denoiser.variant(attentionControl())
const prompts = { source: 'a big red cat in the snow', target: 'a big blue cat in the snow' }
const size = { width: 64, height: 48 }
const [empty, source, target] = (
  await model.pipeline.encodeTexts(
    ['', prompts.source, prompts.target].map((prompt) => ({ prompt })),
    { scheme: 'weighted', ...size },
  )
).map(({ conditioning }) => conditioning)
const latents = createTorchGenerator(5).randn([1, 4, 6, 8]).data

/** Rows of one batch, all of the same latents. */
function batchOf(rows: readonly NonNullable<typeof source>[]): DenoiserInputs {
  const data = new Float32Array(rows.length * latents.length)
  rows.forEach((_, i) => data.set(latents, i * latents.length))
  const sample = float32(data, [rows.length, 4, 6, 8])
  return { sample, timestep: perRow(501, rows.length), ...stackConditioning(rows) } as DenoiserInputs
}

const planned = (crossReplace: number, selfReplace: number) =>
  planEdit({
    mode: 'replace',
    source: literalWords(tokenizer, prompts.source),
    target: literalWords(tokenizer, prompts.target),
    rows: 77,
    steps: 10,
    crossReplace,
    selfReplace,
    blendWords: { source: ['cat'], target: ['cat'] },
  })

const rowsOf = ({ data }: FloatTensor) =>
  Array.from({ length: data.length / latents.length }, (_, i) =>
    data.subarray(i * latents.length, (i + 1) * latents.length),
  )
const difference = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

async function control(rows: readonly NonNullable<typeof source>[], shares: readonly [number, number], limit = 1024) {
  const inputs = controlInputs(planned(...shares), 0, limit)
  const outputs = await controlled.evaluate({ ...batchOf(rows), ...inputs }, [wordMapOutput(0)])
  return { rows: rowsOf(outputs['output'] as FloatTensor), map: outputs[wordMapOutput(0)] as FloatTensor }
}

describe('attention control', () => {
  const batch = [empty!, source!, target!]

  it('computes what the plain graph does where nothing is replaced', async () => {
    const plain = rowsOf(await denoiser.denoise(batchOf(batch)))
    const { rows } = await control(batch, [0, 0])
    rows.forEach((row, i) => expect(difference(row, plain[i]!)).toBeLessThan(1e-4))
  })

  it('changes the target row alone, whatever rows stand before the pair', async () => {
    const plain = rowsOf(await denoiser.denoise(batchOf(batch)))
    const pair = await control([source!, target!], [1, 1])
    for (const { rows } of [await control(batch, [1, 1]), await control([empty!, ...batch], [1, 1])]) {
      expect(difference(rows.at(-2)!, plain[1]!)).toBeLessThan(1e-4)
      expect(difference(rows.at(-1)!, plain[2]!)).toBeGreaterThan(1e-3)
      expect(difference(rows.at(-1)!, pair.rows[1]!)).toBeLessThan(1e-4)
    }
  })

  it('replaces self-attention up to a number of queries', async () => {
    const none = await control(batch, [0, 0])
    const small = await control(batch, [0, 1], 12) // 4x3 and below
    const all = await control(batch, [0, 1])
    expect(difference(none.rows[2]!, small.rows[2]!)).toBeGreaterThan(1e-4)
    expect(difference(all.rows[2]!, small.rows[2]!)).toBeGreaterThan(1e-4)
  })

  it('gives the maps of the words alone, two rows of places', async () => {
    const { map } = await control(batch, [1, 0])
    expect(map.shape).toEqual([2, 48])
    expect(map.data.every((value) => value > 0 && value < 1)).toBe(true)
    // One swapped word elsewhere: with all maps replaced the target looks where the source does.
    expect(difference(map.data.subarray(0, 48), map.data.subarray(48))).toBeLessThan(1e-5)
  })
})

describe('the attentions of a UNet', () => {
  it('are listed as they run, at the sizes that they have', () => {
    const places = attentionPlaces(denoiser.config)
    expect(places.map(({ place }) => place).join(' ')).toBe('down down down down mid mid up up up up up up up up')
    expect(places.filter(({ isCross }) => isCross)).toHaveLength(7)
    const sizes = places.map((call) => mapSize({ height: 6, width: 9 }, call, denoiser.config))
    expect(sizes[0]).toEqual({ height: 6, width: 9 })
    expect(sizes[2]).toEqual({ height: 3, width: 5 })
    expect(sizes[4]).toEqual({ height: 2, width: 3 })
  })
})
