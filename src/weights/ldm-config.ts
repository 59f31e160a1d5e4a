import { inputBlocks } from './ldm-names.ts'
import type { WeightMap } from './weights.ts'

/** What a config.json would say, as far as shapes say it. */
export type InferredConfig = Readonly<Record<string, unknown>>

const shape = (map: WeightMap, name: string): readonly number[] => map.get(name)?.shape ?? []

/** Number of different n for which there are tensors `<prefix>.<n>.…`. */
function countBelow(map: WeightMap, prefix: string): number {
  const numbers = [...map.keys()].flatMap((name) =>
    name.startsWith(`${prefix}.`) ? [name.slice(prefix.length + 1).split('.', 1)[0]!] : [],
  )
  return new Set(numbers).size
}

/** Width of an attention head where the layers are linear (SD 2, XL); SD 1 has 8 heads at every width. */
const headWidth = 64

/** UNet2DConditionModel from the shapes of its tensors, in latent-diffusion's names. */
export function inferUnetConfig(unet: WeightMap): InferredConfig {
  const places = inputBlocks(unet)
  const levels = 1 + Math.max(...places.map(({ level }) => level))
  const at = (level: number) => places.filter((place) => place.level === level && place.resnet !== undefined)
  const resnetsAt = Array.from({ length: levels }, (_, level) => at(level))
  const channels = resnetsAt.map(
    (resnets) => shape(unet, `input_blocks.${resnets.at(-1)!.block}.0.out_layers.3.weight`)[0]!,
  )
  const depthOf = (module: string) => countBelow(unet, `${module}.transformer_blocks`)
  const depths = resnetsAt.map(([first]) => depthOf(`input_blocks.${first!.block}.1`))
  const midDepth = depthOf('middle_block.1')
  const attended = depths.findIndex((depth) => depth > 0)
  const attention = attended < 0 ? 'middle_block.1' : `input_blocks.${resnetsAt[attended]![0]!.block}.1`
  const isLinear = shape(unet, `${attention}.proj_in.weight`).length === 2
  const isXl = unet.has('label_emb.0.0.weight')
  const context = shape(unet, `${attention}.transformer_blocks.0.attn2.to_k.weight`)[1]
  return {
    in_channels: shape(unet, 'input_blocks.0.0.weight')[1],
    out_channels: shape(unet, 'out.2.weight')[0],
    block_out_channels: channels,
    layers_per_block: resnetsAt[0]!.length,
    down_block_types: depths.map((depth) => (depth > 0 ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    up_block_types: depths.toReversed().map((depth) => (depth > 0 ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    // The middle has as many layers as the last level would.
    transformer_layers_per_block: depths.map((depth, level) => (level === levels - 1 ? midDepth : depth) || 1),
    cross_attention_dim: context,
    use_linear_projection: isLinear,
    attention_head_dim: isLinear ? channels.map((width) => width / headWidth) : 8,
    sample_size: isXl ? 128 : 64,
    ...(isXl && {
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: shape(unet, 'label_emb.0.0.weight')[1],
    }),
  }
}

/** AutoencoderKL from its shapes, in latent-diffusion's names; the factor of the latents belongs to the kind. */
export function inferVaeConfig(vae: WeightMap, isXl: boolean): InferredConfig {
  const levels = countBelow(vae, 'encoder.down')
  const layers = countBelow(vae, 'encoder.down.0.block')
  const block_out_channels = Array.from(
    { length: levels },
    (_, level) => shape(vae, `encoder.down.${level}.block.${layers - 1}.conv2.weight`)[0],
  )
  return {
    in_channels: shape(vae, 'encoder.conv_in.weight')[1],
    out_channels: shape(vae, 'decoder.conv_out.weight')[0],
    block_out_channels,
    down_block_types: block_out_channels.map(() => 'DownEncoderBlock2D'),
    up_block_types: block_out_channels.map(() => 'UpDecoderBlock2D'),
    layers_per_block: layers,
    latent_channels: shape(vae, 'encoder.conv_out.weight')[0]! / 2,
    use_quant_conv: vae.has('quant_conv.weight'),
    use_post_quant_conv: vae.has('post_quant_conv.weight'),
    scaling_factor: isXl ? 0.13025 : 0.18215,
    force_upcast: isXl,
  }
}

/** CLIPTextModel from its shapes, in transformers' names with or without `text_model.`. */
export function inferTextConfig(text: WeightMap, activation: 'quick_gelu' | 'gelu'): InferredConfig {
  const prefix = text.has('text_model.embeddings.token_embedding.weight') ? 'text_model.' : ''
  const [vocabulary, width] = shape(text, `${prefix}embeddings.token_embedding.weight`)
  return {
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: shape(text, `${prefix}encoder.layers.0.mlp.fc1.weight`)[0],
    num_hidden_layers: countBelow(text, `${prefix}encoder.layers`),
    num_attention_heads: width! / headWidth,
    max_position_embeddings: shape(text, `${prefix}embeddings.position_embedding.weight`)[0],
    projection_dim: shape(text, 'text_projection')[1] ?? width,
    hidden_act: activation,
    eos_token_id: 2, // as published configs have it: the pooled token is that of the largest id
  }
}
