import { Graph, type Value } from '../../graph/graph.ts'
import { conv, conv3x3 } from '../../graph/modules.ts'
import { add, multiply, silu } from '../../graph/ops.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import { timeConditioning } from '../stable-diffusion/time-embedding.ts'
import { samePadding } from '../stable-diffusion/unet.ts'
import { UnetWriter } from '../stable-diffusion/unet-writer.ts'
import type { ControlNetConfig } from './controlnet-config.ts'

/** Names of the residuals, as outputs of a ControlNet and as inputs of the UNet: one a skip, then the middle. */
export const residualName = (skip: number): string => `down_residual_${skip}`
export const midResidualName = 'mid_residual'

/** Skips of a UNet or ControlNet: conv_in's output, then every resnet's and downsampler's. */
export const skipCount = ({ unet }: Pick<ControlNetConfig, 'unet'>): number =>
  unet.down.reduce((sum, { resnets }) => sum + resnets, 0) + unet.down.length

/**
 * Features of a condition picture (ControlNet, arXiv 2302.05543, eq. 4): condition [1, c, H, W] in [0, 1] -> features
 * [1, ch0, H/8, W/8]. Computed once a picture. Weights: controlnet_cond_embedding.
 */
export function conditionGraph({ condition }: ControlNetConfig, map: WeightMap): Graph {
  const g = new Graph('controlnet condition')
  const w = new Weights(map, 'controlnet_cond_embedding.')
  const picture = g.input('condition', 'float32', [1, condition.conditioning_channels, 'height', 'width'])
  let x = silu(g, conv3x3(g, picture, w.at('conv_in')))
  for (let i = 0; w.has(`blocks.${i}`); i++) x = silu(g, conv3x3(g, x, w.at(`blocks.${i}`), 1 + (i % 2)))
  g.output('features', conv3x3(g, x, w.at('conv_out')))
  return g
}

/**
 * ControlNetModel (arXiv 2302.05543): the UNet's way down and middle over sample plus features of the condition, each
 * skip and the middle through a 1x1 convolution. Inputs: those of the UNet, features [1, ch0, h, w], scale []. Outputs:
 * down_residual_<k> and mid_residual, times scale.
 * Weights: the UNet's, controlnet_down_blocks.<k>, controlnet_mid_block.
 */
export function controlNetGraph({ unet }: ControlNetConfig, map: WeightMap): Graph {
  const g = new Graph('controlnet')
  const w = new Weights(map)
  const { file } = unet
  const sample = g.input('sample', 'float32', ['b', file.in_channels, 'h', 'w'])
  const timestep = g.input('timestep', 'float32', ['b'])
  const context = g.input('encoder_hidden_states', 'float32', ['b', 'tokens', unet.contextDim])
  const features = g.input('features', 'float32', [1, file.block_out_channels[0]!, 'h', 'w'])
  const scale = g.input('scale', 'float32', [])
  const { whole } = timeConditioning(g, timestep, w, file)
  const writer = new UnetWriter(g, unet, { context, timeEmbedding: whole })
  const start = add(g, conv(g, sample, w.at('conv_in'), samePadding(w.at('conv_in'))), features)
  const { x: bottom, skips } = writer.down(start, w)
  const middle = file.mid_block_type ? writer.mid(bottom, w.at('mid_block')) : bottom
  const residual = (value: Value, module: string) => multiply(g, conv(g, value, w.at(module)), scale)
  skips.forEach((skip, k) => g.output(residualName(k), residual(skip, `controlnet_down_blocks.${k}`)))
  g.output(midResidualName, residual(middle, 'controlnet_mid_block'))
  return g
}
