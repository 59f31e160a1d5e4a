import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../src/contract/errors.ts'
import { openLora } from '../../src/weights/lora-file.ts'
import { moduleFinder } from '../../src/weights/lora-names.ts'
import { combineLoras, loraFitter } from '../../src/weights/lora.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import type { WeightMap } from '../../src/weights/weights.ts'
import { temporaryFolder, writeSafetensors, type TensorToWrite } from './write-safetensors.ts'

const folder = temporaryFolder()
let written = 0

/** A file of tensors given by name and shape; values count up from 1 through each tensor. */
function file(shapes: Readonly<Record<string, readonly number[]>>, metadata?: Record<string, string>): string {
  const tensors = Object.entries(shapes).map(([name, shape]): [string, TensorToWrite] => {
    const size = shape.reduce((a, b) => a * b, 1)
    return [name, { dtype: 'F32', shape, values: Array.from({ length: size }, (_, i) => i + 1) }]
  })
  const options = metadata ? { metadata } : {}
  return writeSafetensors(path.join(folder, `${written++}.safetensors`), Object.fromEntries(tensors), options)
}

const mapOf = (shapes: Readonly<Record<string, readonly number[]>>): WeightMap => openSafetensors(file(shapes)).tensors

const attention = 'down_blocks.1.attentions.0.transformer_blocks.0.attn1'
const unet = mapOf({
  'conv_in.weight': [8, 4, 3, 3],
  'down_blocks.0.resnets.0.conv1.weight': [8, 8, 3, 3],
  'down_blocks.0.resnets.1.conv1.weight': [8, 8, 3, 3],
  'down_blocks.0.downsamplers.0.conv.weight': [8, 8, 3, 3],
  'down_blocks.1.resnets.0.conv1.weight': [8, 8, 3, 3],
  'down_blocks.1.resnets.0.time_emb_proj.weight': [8, 16],
  'down_blocks.1.resnets.1.conv_shortcut.weight': [8, 8, 1, 1],
  'down_blocks.1.attentions.0.proj_in.weight': [8, 8, 1, 1],
  [`${attention}.to_q.weight`]: [8, 6],
  [`${attention}.to_out.0.weight`]: [8, 8],
  'mid_block.resnets.1.conv2.weight': [8, 8, 3, 3],
  'mid_block.attentions.0.proj_in.weight': [8, 8],
  'up_blocks.0.resnets.0.conv1.weight': [8, 8, 3, 3],
  'up_blocks.0.resnets.1.conv1.weight': [8, 8, 3, 3],
  'up_blocks.0.resnets.2.conv1.weight': [8, 8, 3, 3],
  'up_blocks.0.attentions.0.proj_in.weight': [8, 8, 1, 1],
  'up_blocks.0.upsamplers.0.conv.weight': [8, 8, 3, 3],
  'up_blocks.1.resnets.2.conv1.weight': [8, 8, 3, 3],
  'up_blocks.1.attentions.2.proj_in.weight': [8, 8, 1, 1],
})
const textEncoder = mapOf({ 'text_model.encoder.layers.0.self_attn.q_proj.weight': [6, 6] })
const fit = loraFitter({ unet, text_encoder: textEncoder })

/** Both matrices of rank 2 for a linear module [8, 6]. */
const pair = (down: string, up: string) => ({ [down]: [2, 6], [up]: [8, 2] })

const failure = (work: () => unknown): AppError => {
  try {
    work()
  } catch (error) {
    return error as AppError
  }
  throw new Error('it did not fail')
}

describe('LoRA files', () => {
  const q = `${attention}.to_q`
  const underscored = q.replaceAll('.', '_')
  it.each([
    ['PEFT', pair(`unet.${q}.lora_A.weight`, `unet.${q}.lora_B.weight`)],
    [
      'PEFT with an adapter name',
      pair(`base_model.model.unet.${q}.lora_A.default.weight`, `base_model.model.unet.${q}.lora_B.default.weight`),
    ],
    ['diffusers', pair(`unet.${q}.lora.down.weight`, `unet.${q}.lora.up.weight`)],
    ['a UNet alone', pair(`${q}.lora_A.weight`, `${q}.lora_B.weight`)],
    [
      'attention processors',
      pair(`${attention}.processor.to_q_lora.down.weight`, `${attention}.processor.to_q_lora.up.weight`),
    ],
    ['kohya', pair(`lora_unet_${underscored}.lora_down.weight`, `lora_unet_${underscored}.lora_up.weight`)],
    [
      "kohya by Stability AI's blocks",
      pair(
        'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_down.weight',
        'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_up.weight',
      ),
    ],
  ])('are read in the format of %s', (_, shapes) => {
    expect([...fit(openLora(file(shapes))).unet!.keys()]).toEqual([q])
  })

  it.each([
    'text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer',
    'text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora',
    'lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora',
    'lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora',
  ])('change the text encoder: %s', (name) => {
    const lora = openLora(file({ [`${name}.down.weight`]: [2, 6], [`${name}.up.weight`]: [6, 2] }))
    expect([...fit(lora).text_encoder!.keys()]).toEqual(['text_model.encoder.layers.0.self_attn.q_proj'])
  })

  it('find modules by the blocks of the original code, of two resnets a level', () => {
    const find = moduleFinder('unet', unet)
    const names = {
      input_blocks_0_0: 'conv_in',
      input_blocks_1_0_in_layers_2: 'down_blocks.0.resnets.0.conv1',
      input_blocks_3_0_op: 'down_blocks.0.downsamplers.0.conv',
      input_blocks_4_0_emb_layers_1: 'down_blocks.1.resnets.0.time_emb_proj',
      input_blocks_5_0_skip_connection: 'down_blocks.1.resnets.1.conv_shortcut',
      input_blocks_4_1_transformer_blocks_0_attn1_to_out_0: `${attention}.to_out.0`,
      middle_block_2_out_layers_3: 'mid_block.resnets.1.conv2',
      middle_block_1_proj_in: 'mid_block.attentions.0.proj_in',
      output_blocks_2_2_conv: 'up_blocks.0.upsamplers.0.conv',
      output_blocks_5_0_in_layers_2: 'up_blocks.1.resnets.2.conv1',
      output_blocks_5_1_proj_in: 'up_blocks.1.attentions.2.proj_in',
    }
    expect(Object.keys(names).map((name) => find(name)?.path)).toEqual(Object.values(names))
  })

  it("scale by alpha over rank, from a tensor or the trainer's settings, and by 1 without", () => {
    const names = pair('unet.conv.lora_A.weight', 'unet.conv.lora_B.weight')
    const factorOf = (shapes: Record<string, readonly number[]>, metadata?: Record<string, string>) =>
      openLora(file(shapes, metadata)).pairs[0]!.factor
    expect(factorOf(names)).toBe(1)
    expect(factorOf({ ...names, 'unet.conv.alpha': [] })).toBe(0.5) // alpha 1, rank 2
    expect(factorOf(names, { lora_adapter_metadata: JSON.stringify({ 'unet.lora_alpha': 8 }) })).toBe(4)
  })

  it.each([
    ['LoHa', { 'lora_unet_conv_in.hada_w1_a': [2, 2] }, 'model/unsupported', 'lora_unet_conv_in.hada_w1_a'],
    ['a whole checkpoint', { 'conv_in.weight': [8, 4, 3, 3] }, 'model/unsupported', 'conv_in.weight'],
    ['one matrix of two', { 'unet.conv_in.lora_A.weight': [2, 4, 3, 3] }, 'weights/corrupt', 'has no lora_up'],
  ] as const)('are refused by name: %s', (_, shapes, code, says) => {
    const error = failure(() => openLora(file(shapes)))
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(says)
  })

  it('for another base are refused with tensors and shapes', () => {
    const wide = file({ [`unet.${q}.lora_A.weight`]: [2, 4], [`unet.${q}.lora_B.weight`]: [9, 2] })
    const error = failure(() => fit(openLora(wide)))
    expect(error.code).toBe('weights/shape-mismatch')
    expect(error.message).toContain('made for another base')
    expect(error.message).toContain(`unet.${q}.lora_A.weight [2, 4] and unet.${q}.lora_B.weight [9, 2]`)
    expect(error.message).toContain(`do not fit ${q} [8, 6]`)
    const absent = 'lora_unet_input_blocks_7_1_transformer_blocks_9_attn1_to_q'
    const deep = file({ [`${absent}.lora_down.weight`]: [2, 640], [`${absent}.lora_up.weight`]: [640, 2] })
    expect(failure(() => fit(openLora(deep))).message).toContain(
      `${absent}.lora_down.weight [2, 640] belongs to no module`,
    )
    const second = file({ 'lora_te2_x.lora_down.weight': [2, 6], 'lora_te2_x.lora_up.weight': [6, 2] })
    expect(failure(() => fit(openLora(second))).message).toContain('needs a text_encoder_2, which it does not have')
  })
})

describe('several LoRAs', () => {
  const q = `${attention}.to_q`
  const pairsOf = (shapes: Record<string, readonly number[]>) => fit(openLora(file(shapes))).unet!

  it('lie side by side along the rank, each times its weight', () => {
    const one = pairsOf(pair(`unet.${q}.lora_A.weight`, `unet.${q}.lora_B.weight`))
    const other = pairsOf({ [`unet.${q}.lora_A.weight`]: [1, 6], [`unet.${q}.lora_B.weight`]: [8, 1] })
    const { modules, inputs } = combineLoras([
      { pairs: one, weight: 2 },
      { pairs: other, weight: -1 },
    ])
    expect([...modules]).toEqual([q])
    const [down, up] = [inputs[`${q}.lora_down`]!, inputs[`${q}.lora_up`]!]
    expect([down.shape, up.shape]).toEqual([
      [6, 3],
      [3, 8],
    ])
    expect([...down.data.slice(0, 6)]).toEqual([1, 7, 1, 2, 8, 2]) // column r of each row is down[r]
    expect([...up.data.slice(0, 3)]).toEqual([2, 6, 10]) // 2 * up[:, 0]
    expect([...up.data.slice(16, 19)]).toEqual([-1, -2, -3])
  })

  it('of convolutions become kernels, and a 1x1 pair may be stored as matrices', () => {
    const conv = pairsOf({ 'unet.conv_in.lora_A.weight': [2, 4, 3, 3], 'unet.conv_in.lora_B.weight': [8, 2, 1, 1] })
    const proj = 'down_blocks.1.attentions.0.proj_in'
    const flat = pairsOf({ [`unet.${proj}.lora_A.weight`]: [2, 8], [`unet.${proj}.lora_B.weight`]: [8, 2] })
    const { inputs } = combineLoras([
      { pairs: conv, weight: 1 },
      { pairs: flat, weight: 1 },
    ])
    expect(inputs['conv_in.lora_down']!.shape).toEqual([2, 4, 3, 3])
    expect(inputs['conv_in.lora_up']!.shape).toEqual([8, 2, 1, 1])
    expect(inputs[`${proj}.lora_down`]!.shape).toEqual([2, 8, 1, 1])
    expect([...inputs[`${proj}.lora_up`]!.data.slice(0, 4)]).toEqual([1, 2, 3, 4])
  })
})
