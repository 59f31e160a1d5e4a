/** Names and shapes of a published UNet2DConditionModel checkpoint, from its config: for random weights at real sizes. */
import type { UnetConfig } from '../../src/families/stable-diffusion/unet-config.ts'

export type Layout = [name: string, shape: number[]][]

const linear = (name: string, out: number, input: number, bias = true): Layout => [
  [`${name}.weight`, [out, input]],
  ...(bias ? ([[`${name}.bias`, [out]]] satisfies Layout) : []),
]
const conv = (name: string, out: number, input: number, kernel: number): Layout => [
  [`${name}.weight`, [out, input, kernel, kernel]],
  [`${name}.bias`, [out]],
]
const norm = (name: string, size: number): Layout => [
  [`${name}.weight`, [size]],
  [`${name}.bias`, [size]],
]

function resnet(name: string, input: number, out: number, time: number): Layout {
  return [
    ...norm(`${name}.norm1`, input),
    ...conv(`${name}.conv1`, out, input, 3),
    ...linear(`${name}.time_emb_proj`, out, time),
    ...norm(`${name}.norm2`, out),
    ...conv(`${name}.conv2`, out, out, 3),
    ...(input === out ? [] : conv(`${name}.conv_shortcut`, out, input, 1)),
  ]
}

function transformer(
  name: string,
  channels: number,
  context: number,
  layers: number,
  linearProjection: boolean,
): Layout {
  const projection = (end: string) =>
    linearProjection ? linear(`${name}.${end}`, channels, channels) : conv(`${name}.${end}`, channels, channels, 1)
  const attention = (block: string, from: number): Layout => [
    ...linear(`${block}.to_q`, channels, channels, false),
    ...linear(`${block}.to_k`, channels, from, false),
    ...linear(`${block}.to_v`, channels, from, false),
    ...linear(`${block}.to_out.0`, channels, channels),
  ]
  const blocks = Array.from({ length: layers }, (_, i): Layout => {
    const block = `${name}.transformer_blocks.${i}`
    return [
      ...norm(`${block}.norm1`, channels),
      ...attention(`${block}.attn1`, channels),
      ...norm(`${block}.norm2`, channels),
      ...attention(`${block}.attn2`, context),
      ...norm(`${block}.norm3`, channels),
      ...linear(`${block}.ff.net.0.proj`, channels * 8, channels),
      ...linear(`${block}.ff.net.2`, channels, channels * 4),
    ]
  })
  return [...norm(`${name}.norm`, channels), ...projection('proj_in'), ...blocks.flat(), ...projection('proj_out')]
}

/** The layout of the UNet that `config` describes. */
export function unetLayout({ file, down, mid, up }: UnetConfig): Layout {
  const first = file.block_out_channels[0]!
  const time = first * 4
  const context = file.cross_attention_dim as number
  const layout: Layout = [
    ...conv('conv_in', first, file.in_channels, 3),
    ...linear('time_embedding.linear_1', time, first),
    ...linear('time_embedding.linear_2', time, time),
  ]
  const attend = (name: string, channels: number, layers: number) =>
    layout.push(...(layers ? transformer(name, channels, context, layers, file.use_linear_projection) : []))
  const skips = [first]
  let channels = first
  down.forEach((level, i) => {
    for (let layer = 0; layer < level.resnets; layer++) {
      layout.push(...resnet(`down_blocks.${i}.resnets.${layer}`, channels, level.channels, time))
      attend(`down_blocks.${i}.attentions.${layer}`, level.channels, level.transformerLayers)
      channels = level.channels
      skips.push(channels)
    }
    if (i === down.length - 1) return
    layout.push(...conv(`down_blocks.${i}.downsamplers.0.conv`, channels, channels, 3))
    skips.push(channels)
  })
  layout.push(...resnet('mid_block.resnets.0', channels, channels, time))
  attend('mid_block.attentions.0', channels, mid.transformerLayers)
  layout.push(...resnet('mid_block.resnets.1', channels, channels, time))
  up.forEach((level, i) => {
    for (let layer = 0; layer < level.resnets; layer++) {
      layout.push(...resnet(`up_blocks.${i}.resnets.${layer}`, channels + skips.pop()!, level.channels, time))
      attend(`up_blocks.${i}.attentions.${layer}`, level.channels, level.transformerLayers)
      channels = level.channels
    }
    if (i < up.length - 1) layout.push(...conv(`up_blocks.${i}.upsamplers.0.conv`, channels, channels, 3))
  })
  return [...layout, ...norm('conv_norm_out', first), ...conv('conv_out', file.out_channels, first, 3)]
}
