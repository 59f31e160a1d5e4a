import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadLlava } from '../../../src/families/llava/llava.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { temporaryFolder, weightOf, writeSafetensors, type TensorToWrite } from '../../weights/write-safetensors.ts'
import { tinyLlama, tinyWeights, type TinyTensor } from '../decoder/tiny-llama.ts'

const embedded = path.resolve('models/llmga-tiny/mllm')
const runtime = await createRuntime({ device: 'cpu', threads: 1 })
const picture = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) }

const tower = {
  model_type: 'clip_vision_model',
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  image_size: 8,
  patch_size: 4,
}
const towerRows = 4

const f32 = ({ shape, values }: TinyTensor): TensorToWrite => ({ dtype: 'F32', shape, values })

/** Weights of the tower; `salt` tells two of them apart. */
function towerWeights(prefix: string, salt: number): Record<string, TensorToWrite> {
  const { hidden_size: width, intermediate_size: inner } = tower
  const shapes: Record<string, number[]> = {
    'embeddings.class_embedding': [width],
    'embeddings.patch_embedding.weight': [width, 3, 4, 4],
    'embeddings.position_embedding.weight': [towerRows + 1, width],
  }
  const pair = (name: string, out: number, input?: number) => {
    shapes[`${name}.weight`] = input === undefined ? [out] : [out, input]
    shapes[`${name}.bias`] = [out]
  }
  pair('pre_layrnorm', width)
  for (let n = 0; n < tower.num_hidden_layers; n++) {
    const layer = `encoder.layers.${n}`
    for (const norm of ['layer_norm1', 'layer_norm2']) pair(`${layer}.${norm}`, width)
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) pair(`${layer}.self_attn.${part}`, width, width)
    pair(`${layer}.mlp.fc1`, inner, width)
    pair(`${layer}.mlp.fc2`, width, inner)
  }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [prefix + name, weightOf(shape, 'F32', salt + i)]),
  )
}

/** A LLaVA of random weights: the checkpoint's folder and the tower's. */
function writeLlava(config: Record<string, unknown>, extra: Record<string, TensorToWrite>) {
  const folder = temporaryFolder()
  const visionTower = temporaryFolder()
  const llama = Object.entries(tinyWeights(tinyLlama)).map(([name, tensor]) => [name, f32(tensor)] as const)
  writeSafetensors(path.join(folder, 'model.safetensors'), { ...Object.fromEntries(llama), ...extra })
  const all = { ...tinyLlama, model_type: 'llava_llama', mm_vision_tower: 'some/tower', ...config }
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(all))
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(path.join(embedded, file), path.join(folder, file))
  writeSafetensors(path.join(visionTower, 'model.safetensors'), towerWeights('vision_model.', 1))
  writeFileSync(path.join(visionTower, 'config.json'), JSON.stringify({ vision_config: tower, model_type: 'clip' }))
  const size = { size: 8, crop_size: 8 }
  writeFileSync(path.join(visionTower, 'preprocessor_config.json'), JSON.stringify(size))
  return { folder, visionTower }
}

const linearProjector = { 'model.mm_projector.weight': weightOf([12, 8]), 'model.mm_projector.bias': weightOf([12]) }

async function see(config: Record<string, unknown>, extra: Record<string, TensorToWrite>) {
  const { folder, visionTower } = writeLlava(config, extra)
  const model = await loadLlava(folder, runtime, { visionTower, imageMode: 'stretch' })
  const vision = model.vision!
  return { rows: await vision.encode(picture), perImage: vision.rowsPerImage }
}

describe('a LLaVA checkpoint', () => {
  const linear = { mm_projector_type: 'linear' }

  it('projects patches, with the class token only where the config says so', async () => {
    const patches = await see(linear, linearProjector)
    const withClass = await see({ ...linear, mm_vision_select_feature: 'cls_patch' }, linearProjector)
    expect([patches.perImage, withClass.perImage]).toEqual([towerRows, towerRows + 1])
    expect(patches.rows).toHaveLength(towerRows * tinyLlama.hidden_size)
    expect(withClass.rows.subarray(tinyLlama.hidden_size)).toEqual(patches.rows)
  })

  it('takes the layer that the config selects, from either end', async () => {
    const rows = async (layer: number) =>
      (await see({ ...linear, mm_vision_select_layer: layer }, linearProjector)).rows
    expect(await rows(2)).toEqual(await rows(-2))
    expect(await rows(-1)).not.toEqual(await rows(-2))
    await expect(rows(-5)).rejects.toMatchObject({ code: 'model/unsupported' })
  })

  it('builds projectors of any depth', async () => {
    const part = (n: number, input: number) => ({
      [`model.mm_projector.${n}.weight`]: weightOf([12, input]),
      [`model.mm_projector.${n}.bias`]: weightOf([12]),
    })
    const deep = await see({ mm_projector_type: 'mlp3x_gelu' }, { ...part(0, 8), ...part(2, 12), ...part(4, 12) })
    expect(deep.rows.every(Number.isFinite)).toBe(true)
    const missing = see({ mm_projector_type: 'mlp3x_gelu' }, { ...part(0, 8), ...part(2, 12) })
    await expect(missing).rejects.toMatchObject({
      code: 'weights/missing',
      message: expect.stringMatching(/mm_projector\.4/) as string,
    })
  })

  it('takes the tower out of the checkpoint only where it was trained', async () => {
    const trained = towerWeights('model.vision_tower.vision_tower.vision_model.', 5)
    const extra = { ...linearProjector, ...trained }
    const plain = await see(linear, linearProjector)
    expect((await see(linear, extra)).rows).toEqual(plain.rows)
    expect((await see({ ...linear, unfreeze_mm_vision_tower: true }, extra)).rows).not.toEqual(plain.rows)
    expect((await see({ ...linear, unfreeze_mm_vision_tower: true }, linearProjector)).rows).toEqual(plain.rows)
  })

  it('without a vision tower is a language model that only reads', async () => {
    const { folder, visionTower } = writeLlava({ model_type: 'llama', mm_vision_tower: undefined }, {})
    const model = await loadLlava(folder, runtime, { visionTower, imageMode: 'pad' })
    expect(model.vision).toBeUndefined()
    const made: number[] = []
    for await (const { id } of model.generate({ ids: [1, 4, 9], sampling: { temperature: 0 }, maxNewTokens: 5 }))
      made.push(id)
    expect(made.length).toBeGreaterThan(0)
  })

  it.each([
    ['another projector', { mm_projector_type: 'ldpnet' }, /mm_projector_type/],
    ['pictures in tiles', { image_aspect_ratio: 'anyres' }, /image_aspect_ratio/],
    ['marks around the picture', { mm_use_im_start_end: true }, /mm_use_im_start_end/],
    ['another language model', { model_type: 'llava_mpt' }, /model_type/],
  ])('with %s is refused by name', async (_, config, message) => {
    await expect(see(config, linearProjector)).rejects.toMatchObject({
      code: 'model/unsupported',
      message: expect.stringMatching(message) as string,
    })
  })
})

it('the embedded checkpoint sees 64 rows a picture', async () => {
  const visionTower = path.join(embedded, 'vision-tower')
  const model = await loadLlava(embedded, runtime, { visionTower, imageMode: 'pad' })
  expect(model.vision?.rowsPerImage).toBe(64)
  const width = (JSON.parse(readFileSync(path.join(embedded, 'config.json'), 'utf8')) as { hidden_size: number })
    .hidden_size
  expect(await model.vision?.encode(picture)).toHaveLength(64 * width)
  await model.release()
})
