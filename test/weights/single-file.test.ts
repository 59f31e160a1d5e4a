import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { loadStableDiffusion, partsOf } from '../../src/families/stable-diffusion/stable-diffusion.ts'
import { describeCheckpoint, rolesOfCheckpoint } from '../../src/inference/checkpoint-folder.ts'
import { partFolder } from '../../src/inference/model-presets.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { readJson } from '../../src/weights/config-file.ts'
import { readWeightBytes, type WeightEntry } from '../../src/weights/safetensors.ts'
import { openWeightFolder, type WeightMap } from '../../src/weights/weights.ts'
import { safetensorsBytes, temporaryFolder, writeSafetensors, type TensorToWrite } from './write-safetensors.ts'
import { unetToLdm, vaeToLdm } from './ldm-layout.ts'

const embedded = path.resolve('models/llmga-tiny/sd-t2i')
const folder = temporaryFolder()

/** Tensors of several checkpoints in one file. */
function writeTogether(file: string, tensors: readonly (readonly [string, WeightEntry])[]): string {
  const header: Record<string, unknown> = {}
  const parts: Uint8Array[] = []
  let at = 0
  for (const [name, entry] of tensors) {
    header[name] = { dtype: entry.dtype, shape: entry.shape, data_offsets: [at, at + entry.length] }
    parts.push(readWeightBytes(entry))
    at += entry.length
  }
  writeFileSync(file, safetensorsBytes(header, Buffer.concat(parts)))
  return file
}

const open = (part: string, stem: 'model' | 'diffusion_pytorch_model') =>
  openWeightFolder(path.join(embedded, part), stem)
const prefixed = (map: WeightMap, prefix: string, nameOf: (name: string) => string = (name) => name) =>
  [...map].map(([name, entry]) => [prefix + nameOf(name), entry] as const)

/** The embedded model as model sites share models. What shapes do not say is written beside it. */
function embeddedAsSingleFile(): string {
  const file = writeTogether(path.join(folder, 'tiny.safetensors'), [
    ...prefixed(open('unet', 'diffusion_pytorch_model'), 'model.diffusion_model.', unetToLdm(1, 3)),
    ...prefixed(open('vae', 'diffusion_pytorch_model'), 'first_stage_model.', vaeToLdm(4)),
    ...prefixed(open('text_encoder', 'model'), 'cond_stage_model.transformer.'),
  ])
  const of = (part: string) => readJson(path.join(embedded, part, 'config.json')) as Record<string, unknown>
  const { attention_head_dim, norm_num_groups, sample_size } = of('unet')
  const { scaling_factor, norm_num_groups: vaeGroups } = of('vae')
  const beside = {
    unet: { attention_head_dim, norm_num_groups, sample_size },
    vae: { scaling_factor, norm_num_groups: vaeGroups },
    text_encoder: { num_attention_heads: of('text_encoder')['num_attention_heads'] },
  }
  writeFileSync(path.join(folder, 'tiny.json'), JSON.stringify(beside))
  cpSync(path.join(embedded, 'tokenizer'), path.join(folder, 'tokenizer'), { recursive: true })
  return file
}

describe('a whole Stable Diffusion 1 model in one file', () => {
  const file = embeddedAsSingleFile()
  const model = describeCheckpoint('t2i', { folder: file, name: 'tiny' }, {})

  it('is found and described', () => {
    expect(rolesOfCheckpoint(file)).toEqual(['t2i'])
    expect(model).toMatchObject({
      name: 'tiny',
      files: [{ file }],
      defaults: { sampler: 'pndm', guidanceScale: 7.5, width: 128 },
      parts: { tokenizer: path.join(folder, 'tokenizer') },
    })
  })

  it('has the tensors of the folder, byte for byte, under the same names', () => {
    for (const [part, stem] of [
      ['unet', 'diffusion_pytorch_model'],
      ['vae', 'diffusion_pytorch_model'],
      ['text_encoder', 'model'],
    ] as const) {
      const [there, here] = [open(part, stem), openWeightFolder(path.join(file, part), stem)]
      expect([...here.keys()].sort()).toEqual([...there.keys()].sort())
      for (const [name, entry] of there) expect([name, here.get(name)!.shape]).toEqual([name, entry.shape])
    }
  })

  it('computes what the folder computes, bit for bit', async () => {
    const runtime = await createRuntime({ device: 'cpu', cacheDir: path.join(folder, 'cache'), threads: 1 })
    const inputs = float32(
      Float32Array.from({ length: 4 * 8 * 8 }, (_, i) => Math.sin(i)),
      [1, 4, 8, 8],
    )
    const results = []
    for (const places of [partsOf(embedded), (part: string) => partFolder(model, part)]) {
      const pipeline = await loadStableDiffusion(places, runtime)
      const { positive } = await pipeline.encode({ prompt: 'a red fox' }, { width: 64, height: 64, scheme: 'weighted' })
      const timestep = float32(Float32Array.of(501), [1])
      const noise = await pipeline.denoiser.denoise({ sample: inputs, timestep, ...positive })
      results.push([noise.data, (await pipeline.autoencoder.decode(inputs)).data])
    }
    expect(results[1]).toEqual(results[0])
  }, 60_000)
})

const random = (shape: readonly number[]): TensorToWrite => {
  const length = shape.reduce((product, side) => product * side, 1)
  return { dtype: 'F32', shape, values: Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 0.05)) }
}

describe('a whole SDXL model in one file', () => {
  const clip = (layers: number, width: number) =>
    Object.fromEntries(
      Array.from({ length: layers }, (_, n) => {
        const block = `transformer.resblocks.${n}`
        const vector = (name: string, size = width) => [`${block}.${name}`, random([size])]
        return [
          ...['ln_1.weight', 'ln_1.bias', 'ln_2.weight', 'ln_2.bias', 'attn.out_proj.bias', 'mlp.c_proj.bias'].map(
            (name) => vector(name),
          ),
          vector('attn.in_proj_bias', 3 * width),
          vector('mlp.c_fc.bias', 4 * width),
          [`${block}.attn.in_proj_weight`, random([3 * width, width])],
          [`${block}.attn.out_proj.weight`, random([width, width])],
          [`${block}.mlp.c_fc.weight`, random([4 * width, width])],
          [`${block}.mlp.c_proj.weight`, random([width, 4 * width])],
        ] as [string, TensorToWrite][]
      }).flat(),
    )

  it('splits the fused attention of its second encoder into views, and projects without a transpose', () => {
    const file = writeSafetensors(path.join(folder, 'xl.safetensors'), {
      'model.diffusion_model.input_blocks.0.0.weight': random([32, 4, 3, 3]),
      'model.diffusion_model.input_blocks.1.0.in_layers.0.weight': random([32]),
      'model.diffusion_model.input_blocks.1.0.out_layers.3.weight': random([32, 32, 3, 3]),
      'model.diffusion_model.input_blocks.2.0.op.weight': random([32, 32, 3, 3]),
      'model.diffusion_model.input_blocks.3.0.in_layers.0.weight': random([32]),
      'model.diffusion_model.input_blocks.3.0.out_layers.3.weight': random([64, 32, 3, 3]),
      'model.diffusion_model.input_blocks.3.1.proj_in.weight': random([64, 64]),
      'model.diffusion_model.input_blocks.3.1.transformer_blocks.0.attn2.to_k.weight': random([64, 128]),
      'model.diffusion_model.input_blocks.3.1.transformer_blocks.1.attn2.to_k.weight': random([64, 128]),
      'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight': random([64, 128]),
      'model.diffusion_model.middle_block.1.transformer_blocks.1.attn2.to_k.weight': random([64, 128]),
      'model.diffusion_model.label_emb.0.0.weight': random([128, 1600]),
      'model.diffusion_model.out.2.weight': random([4, 32, 3, 3]),
      'first_stage_model.encoder.down.0.block.0.conv2.weight': random([32, 32, 3, 3]),
      'first_stage_model.encoder.conv_in.weight': random([32, 3, 3, 3]),
      'first_stage_model.encoder.conv_out.weight': random([8, 32, 3, 3]),
      'first_stage_model.decoder.conv_out.weight': random([3, 32, 3, 3]),
      'conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight': random([10, 64]),
      ...Object.fromEntries(
        Object.entries({
          ...clip(2, 64),
          text_projection: random([64, 32]),
          'token_embedding.weight': random([10, 64]),
        }).map(([name, tensor]) => [`conditioner.embedders.1.model.${name}`, tensor]),
      ),
    })
    const at = (part: string) => readJson(path.join(file, part, 'config.json'))
    expect(at('unet')).toMatchObject({
      block_out_channels: [32, 64],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
      transformer_layers_per_block: [1, 2],
      attention_head_dim: [0.5, 1],
      cross_attention_dim: 128,
      addition_embed_type: 'text_time',
      projection_class_embeddings_input_dim: 1600,
    })
    expect(at('vae')).toMatchObject({ scaling_factor: 0.13025, latent_channels: 4, block_out_channels: [32] })
    expect(at('text_encoder_2')).toMatchObject({
      hidden_size: 64,
      num_hidden_layers: 2,
      projection_dim: 32,
      hidden_act: 'gelu',
    })
    const text = openWeightFolder(path.join(file, 'text_encoder_2'), 'model')
    const fused = random([192, 64]).values
    const layer = 'text_model.encoder.layers.1.self_attn'
    ;['q', 'k', 'v'].forEach((which, i) => {
      const entry = text.get(`${layer}.${which}_proj.weight`)!
      expect(entry.shape).toEqual([64, 64])
      const values = new Float32Array(readWeightBytes(entry).buffer)
      expect([...values]).toEqual(fused.slice(i * 4096, (i + 1) * 4096))
    })
    expect(readJson(path.join(file, 'model_index.json'))).toEqual({ _class_name: 'StableDiffusionXLPipeline' })
    expect(readJson(path.join(file, 'scheduler', 'scheduler_config.json'))).toMatchObject({
      timestep_spacing: 'leading',
    })
  })
})

describe('a file that holds something else', () => {
  it.each([
    ['a LoRA', { 'lora_unet_x.lora_down.weight': random([2, 2]) }],
    ['Flux or SD 3', { 'model.diffusion_model.double_blocks.0.weight': random([2]) }],
    ['no whole Stable Diffusion model', { 'encoder.weight': random([2]) }],
  ])('%s is named', (what, tensors) => {
    mkdirSync(path.join(folder, 'other'), { recursive: true })
    const file = writeSafetensors(path.join(folder, 'other', 'other.safetensors'), tensors)
    try {
      rolesOfCheckpoint(file)
      throw new Error('nothing was thrown')
    } catch (error) {
      expect(AppError.from(error)).toMatchObject({
        code: 'model/unsupported',
        message: expect.stringContaining(what) as string,
      })
    }
  })
})
