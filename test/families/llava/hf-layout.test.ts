import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadLlava } from '../../../src/families/llava/llava.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { imageTokenIndex, tokenizeWithImages } from '../../../src/tokenizers/image-token.ts'
import { readWeight } from '../../../src/weights/safetensors.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import { temporaryFolder, writeSafetensors } from '../../weights/write-safetensors.ts'

const golden = path.resolve('test/golden/cases/lm/llava-hf/model')
const runtime = await createRuntime({ device: 'cpu', threads: 1 })
const picture = { width: 5, height: 4, data: Uint8Array.from({ length: 60 }, (_, i) => i * 4) }

type Json = Record<string, unknown>
const readJson = (file: string) => JSON.parse(readFileSync(path.join(golden, file), 'utf8')) as Json

/** The golden checkpoint with other values in its config and other names of its tensors. */
function variant(change: Json = {}, rename: (name: string) => string = (name) => name): string {
  const folder = temporaryFolder()
  for (const file of ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'])
    copyFileSync(path.join(golden, file), path.join(folder, file))
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...readJson('config.json'), ...change }))
  const tensors = [...openWeightFolder(golden, 'model')].map(([name, entry]) => {
    const values = Array.from((readWeight(entry).data as Float32Array).values())
    return [rename(name), { dtype: 'F32', shape: [...entry.shape], values }] as const
  })
  writeSafetensors(path.join(folder, 'model.safetensors'), Object.fromEntries(tensors))
  return folder
}

const load = (folder: string) => loadLlava(folder, runtime, { visionTower: '', imageMode: 'crop' })

async function reply(folder: string): Promise<number[]> {
  const model = await load(folder)
  const ids = tokenizeWithImages(model.tokenizer, 'USER: <image>\nWhat is it? ASSISTANT:')
  const images = [{ key: 'picture', rows: await model.vision!.encode(picture) }]
  const made: number[] = []
  for await (const { id } of model.generate({ ids, images, sampling: { temperature: 0 }, maxNewTokens: 6 }))
    made.push(id)
  await model.release()
  return made
}

describe("a LLaVA in transformers' layout", () => {
  it.each([
    ['of transformers 4.52 and later', 'model.language_model.', 'lm_head.', 'model.'],
    ['that keep the decoder as it was', 'model.', 'lm_head.', ''],
  ])('is read by the names %s too', async (_, decoder, head, rest) => {
    const rename = (name: string) => {
      if (name.startsWith('language_model.lm_head.')) return name.replace('language_model.lm_head.', head)
      if (name.startsWith('language_model.')) return name.replace('language_model.model.', decoder)
      return rest + name.replace('.vision_model.', rest === '' ? '.vision_model.' : '.')
    }
    expect(await reply(variant({}, rename))).toEqual(await reply(golden))
  })

  it('keeps the class token and takes several layers side by side where the config says so', async () => {
    const whole = await load(variant({ vision_feature_select_strategy: 'full' }))
    expect(whole.vision?.rowsPerImage).toBe(10)
    const several = load(variant({ vision_feature_layer: [-2, -1] }))
    // The projector of this checkpoint is made for one layer: 32 features, not 64.
    await expect(several).rejects.toMatchObject({
      code: 'weights/shape-mismatch',
      message: expect.stringContaining('linear_1') as string,
    })
  })

  it('finds the preprocessor in the file that transformers 5 writes', async () => {
    const folder = variant()
    const settings = readJson('preprocessor_config.json')
    rmSync(path.join(folder, 'preprocessor_config.json'))
    writeFileSync(path.join(folder, 'processor_config.json'), JSON.stringify({ image_processor: settings }))
    expect(await reply(folder)).toEqual(await reply(golden))
  })

  it.each([
    ['another image token', { image_token_index: 7 }, /token 7/],
    ['an unknown strategy', { vision_feature_select_strategy: 'cls' }, /vision_feature_select_strategy/],
    ['a layer that the tower lacks', { vision_feature_layer: 9 }, /vision_feature_layer 9/],
    ['another tower', { vision_config: { model_type: 'siglip_vision_model' } }, /vision_config\.model_type/],
    ['another language model', { text_config: { model_type: 'mamba' } }, /model_type/],
  ])('with %s is refused by name', async (_, change, message) => {
    await expect(async () => load(variant(change))).rejects.toMatchObject({
      code: 'model/unsupported',
      message: expect.stringMatching(message) as string,
    })
  })

  it('whose projector lacks its biases is incomplete', async () => {
    const folder = variant({}, (name) => name.replace('linear_2.bias', 'linear_2.lost'))
    await expect(async () => load(folder)).rejects.toMatchObject({ code: 'weights/missing' })
  })
})

it('a picture stands where the tokenizer has its token', () => {
  const tokenizer = {
    encode: () => [1, 9, 540, 8],
    bosTokenId: 1,
    tokenId: (token: string) => (token === '<image>' ? 540 : undefined),
  }
  expect(tokenizeWithImages(tokenizer, 'a <image> b')).toEqual([1, 9, imageTokenIndex, 8])
})
