import type { Graph, Value } from '../../graph/graph.ts'
import { conv, conv3x3, groupNorm, linear, type GroupNormConfig } from '../../graph/modules.ts'
import { activations, add, multiply, scale, split, unsqueeze } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'

export interface ResnetConfig extends GroupNormConfig {
  readonly activation: string
  /** How the time embedding enters: added after conv1, or as scale and shift of norm2. */
  readonly timeScaleShift?: 'default' | 'scale_shift'
  /** The output is divided by this. */
  readonly outputScale?: number
}

/**
 * ResnetBlock2D: x [b, cin, h, w], temb [b, t] -> [b, cout, h, w].
 * Weights: norm1, conv1, time_emb_proj?, norm2, conv2, conv_shortcut?.
 */
export function resnetBlock(g: Graph, x: Value, temb: Value | undefined, w: Weights, config: ResnetConfig): Value {
  const activate = activations[config.activation]!
  const first = conv3x3(g, activate(g, groupNorm(g, x, w.at('norm1'), config)), w.at('conv1'))
  const time = temb && unsqueeze(g, linear(g, activate(g, temb), w.at('time_emb_proj')), [2, 3]) // [b, cout, 1, 1]
  const second = conv3x3(g, activate(g, secondNorm(g, first, time, w, config)), w.at('conv2'))
  const skip = w.has('conv_shortcut') ? conv(g, x, w.at('conv_shortcut')) : x
  const sum = add(g, skip, second)
  const { outputScale = 1 } = config
  return outputScale === 1 ? sum : scale(g, sum, 1 / outputScale)
}

function secondNorm(g: Graph, x: Value, time: Value | undefined, w: Weights, config: ResnetConfig): Value {
  if (!time || config.timeScaleShift !== 'scale_shift')
    return groupNorm(g, time ? add(g, x, time) : x, w.at('norm2'), config)
  const channels = fixed(x, 1)
  const [factor, shift] = split(g, time, [channels, channels], 1) as [Value, Value]
  return add(g, multiply(g, groupNorm(g, x, w.at('norm2'), config), add(g, factor, g.scalar(1))), shift)
}
