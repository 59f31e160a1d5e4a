import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSafetyNetwork } from '../../../src/families/safety-checker/safety-checker.ts'
import { judgeCosines } from '../../../src/families/safety-checker/safety-scores.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { float32 } from '../../../src/tensor/tensor.ts'
import { openSafetensors, readWeight } from '../../../src/weights/safetensors.ts'
import { temporaryFolder, writeSafetensors } from '../../weights/write-safetensors.ts'

const goldenModel = path.resolve('test/golden/cases/sd/safety_checker/model')
const folder = temporaryFolder()
const runtime = await createRuntime({ device: 'cpu' })

/** A copy of the golden case's checker whose config or weights differ. */
function altered(
  name: string,
  change: { config?: Record<string, unknown>; without?: string; vision?: Record<string, unknown> },
): string {
  const copy = path.join(folder, name, 'safety_checker')
  cpSync(goldenModel, copy, { recursive: true })
  const config = JSON.parse(readFileSync(path.join(copy, 'config.json'), 'utf8')) as Record<string, object>
  const dict = { ...config['vision_config_dict'], ...change.vision }
  writeFileSync(
    path.join(copy, 'config.json'),
    JSON.stringify({ ...config, vision_config_dict: dict, ...change.config }),
  )
  const kept = [...openSafetensors(path.join(goldenModel, 'model.safetensors')).tensors.values()].filter(
    (entry) => entry.name !== change.without,
  )
  const tensors = kept.map((entry) => {
    const values = [...(readWeight(entry).data as Float32Array)]
    return [entry.name, { dtype: 'F32' as const, shape: entry.shape, values }] as const
  })
  writeSafetensors(path.join(copy, 'model.safetensors'), Object.fromEntries(tensors))
  return copy
}

const gradient = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 256),
})

describe('the decision of the safety checker', () => {
  const limits = { conceptThresholds: [0.2, 0.3, 0.25], specialCareThresholds: [0.3, 0.3] }
  const none = [0, 0]

  it('flags a concept above its threshold, and says by how much', () => {
    expect(judgeCosines({ concepts: [0.1, 0.35, 0.25], specialCare: none, ...limits })).toEqual({
      flagged: true,
      concepts: [{ concept: 1, score: 0.05 }],
      specialCare: [],
    })
    expect(judgeCosines({ concepts: [0.1, 0.2, 0.1], specialCare: none, ...limits }).flagged).toBe(false)
  })

  it('rounds to three digits first: half a thousandth counts for nothing, a little more does', () => {
    const at = (cosine: number) => judgeCosines({ concepts: [cosine, 0, 0], specialCare: none, ...limits }).flagged
    expect([at(0.2004), at(0.20051)]).toEqual([false, true])
  })

  it('lowers the thresholds by 0.01 once special care is needed', () => {
    const concepts = [0.195, 0.285, 0.1]
    expect(judgeCosines({ concepts, specialCare: none, ...limits }).flagged).toBe(false)
    expect(judgeCosines({ concepts, specialCare: [0, 0.31], ...limits })).toEqual({
      flagged: true,
      concepts: [{ concept: 0, score: 0.005 }],
      specialCare: [{ concept: 1, score: 0.01 }],
    })
  })

  it('lowers the special-care thresholds after the first one that counts, and flags nothing by them alone', () => {
    const found = (specialCare: readonly number[]) => judgeCosines({ concepts: [0, 0, 0], specialCare, ...limits })
    expect(found([0.31, 0.295]).specialCare.map(({ concept }) => concept)).toEqual([0, 1])
    expect(found([0.295, 0.31]).specialCare.map(({ concept }) => concept)).toEqual([1])
    expect(found([0.9, 0.9]).flagged).toBe(false)
  })
})

describe('a checkpoint of the safety checker', () => {
  it('looks at each picture of a batch by itself', async () => {
    const network = await loadSafetyNetwork(goldenModel, runtime)
    const io = openSafetensors(path.join(goldenModel, '../io.safetensors')).tensors
    const all = readWeight(io.get('input.clip_input')!).data as Float32Array
    const size = all.length / 3
    const flagged: boolean[] = []
    for (const nth of [0, 1, 2]) {
      const pixels = float32(all.slice(nth * size, (nth + 1) * size), [1, 3, 12, 12])
      flagged.push(...network.judge(await network.encode(pixels)).map((verdict) => verdict.flagged))
    }
    expect(flagged).toEqual([false, true, true])
  })

  it("prepares pictures as the feature extractor's file says, or as CLIP at the tower's size", async () => {
    const own = altered('pipeline', {})
    const clip = (await loadSafetyNetwork(own, runtime)).preprocess(gradient(40, 30))
    expect(clip.shape).toEqual([1, 3, 12, 12])
    const extractor = path.join(path.dirname(own), 'feature_extractor')
    mkdirSync(extractor)
    const settings = { size: 12, crop_size: 12, do_normalize: false }
    writeFileSync(path.join(extractor, 'preprocessor_config.json'), JSON.stringify(settings))
    const plain = (await loadSafetyNetwork(own, runtime)).preprocess(gradient(40, 30))
    expect(Math.min(...plain.data)).toBeGreaterThanOrEqual(0)
    expect(Math.min(...clip.data)).toBeLessThan(-0.1)
    expect((await loadSafetyNetwork(goldenModel, runtime, extractor)).preprocess(gradient(40, 30))).toEqual(plain)
  })

  it('is judged by no numbers where there are none', async () => {
    const network = await loadSafetyNetwork(goldenModel, runtime)
    const features = await network.encode(float32(new Float32Array(3 * 144).fill(NaN), [1, 3, 12, 12]))
    expect(() => network.judge(features)).toThrow(expect.objectContaining({ code: 'inference/failed' }) as Error)
  })

  it.each([
    ['another class', { config: { architectures: ['CLIPModel'] } }, 'model/unsupported', /architectures/],
    ['thresholds that are missing', { without: 'concept_embeds_weights' }, 'weights/missing', /concept_embeds_weights/],
    ['embeddings of another width', { config: { projection_dim: 16 } }, 'weights/shape-mismatch', /concept_embeds/],
    ['a larger tower than the file has', { vision: { hidden_size: 32 } }, 'weights/shape-mismatch', /embedding/],
  ])('is refused for %s, by name', async (name, change, code, message) => {
    const loading = loadSafetyNetwork(altered(name.replaceAll(' ', '-'), change), runtime)
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})
