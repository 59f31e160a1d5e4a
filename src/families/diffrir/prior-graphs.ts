/** The prior that leads the restoration (arXiv 2303.09472, section 3): what the picture says, and its diffusion. */
import { Graph, type Value } from '../../graph/graph.ts'
import { linear } from '../../graph/modules.ts'
import { add, concat, reduceMean, reshape, scale } from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import type { Weights } from '../../weights/weights.ts'
import { inputChannels, unshuffleOf, type DiffRirConfig } from './diffrir-config.ts'
import { pixelUnshuffle } from './pixel-shuffle.ts'
import { convTo } from './restoration-graph.ts'

const negativeSlope = 0.1

const leakyRelu = (g: Graph, x: Value): Value =>
  g.node('LeakyRelu', [x], x, { attributes: { alpha: { float: negativeSlope } } })

/**
 * The convolutions of the condition network (CPEN): `lq` [1, 3 + 3 s^2, h, w] -> `features` [1, 4n], their mean over
 * all pixels; a picture in pieces has the mean of its pieces' means. Weights: condition.E.
 */
export function featuresGraph(weights: Weights, { scale: enlargement, features, encoderBlocks }: DiffRirConfig): Graph {
  const g = new Graph(`diffrir-x${enlargement}-features`)
  const w = weights.at('condition.E')
  const lq = g.input('lq', 'float32', [1, inputChannels(enlargement), 'height', 'width'])
  const activated = (x: Value, index: number, out: number) => leakyRelu(g, convTo(g, x, w.at(`${index}`), out))
  let x = activated(pixelUnshuffle(g, lq, unshuffleOf[enlargement]), 0, features)
  for (let i = 0; i < encoderBlocks; i++) {
    const block = w.at(`${2 + i}.body`)
    x = add(g, convTo(g, leakyRelu(g, convTo(g, x, block.at('0'), features)), block.at('2'), features), x)
  }
  const after = 2 + encoderBlocks // activations are counted as modules
  x = activated(activated(activated(x, after, 2 * features), after + 2, 2 * features), after + 4, 4 * features)
  g.output('features', reshape(g, reduceMean(g, x, [2, 3]), [0, -1], [1, 4 * features]))
  return g
}

/** The means of a posterior x := coef1[t] x0 + coef2[t] x, as a checkpoint's buffers hold them. */
export interface PosteriorCoefficients {
  readonly coef1: ArrayLike<number>
  readonly coef2: ArrayLike<number>
}

/**
 * The condition's MLP and all steps of the diffusion: `features` [1, 4n] and `noise` [1, 4n] -> `condition` [1, 4n],
 * `x0_predictions` and `steps` [T, 4n] from the last timestep to the first, `prior` [1, 4n]. The denoiser predicts x0;
 * no noise is added on the way. Weights: condition.mlp, denoise.resmlp.
 */
export function priorGraph(weights: Weights, config: DiffRirConfig, { coef1, coef2 }: PosteriorCoefficients): Graph {
  const g = new Graph(`diffrir-x${config.scale}-prior`)
  const size = 4 * config.features
  const features = g.input('features', 'float32', [1, size])
  let x = g.input('noise', 'float32', [1, size])
  const mlp = weights.at('condition.mlp')
  const condition = activatedLinear(g, activatedLinear(g, features, mlp.at('0'), size), mlp.at('2'), size)
  const predictions: Value[] = []
  const steps: Value[] = []
  for (let t = config.timesteps - 1; t >= 0; t--) {
    const time = g.constant(Float32Array.of(t / (10 * config.timesteps)), [1, 1])
    const x0 = denoise(g, concat(g, [condition, time, x], 1), weights.at('denoise.resmlp'), config)
    x = add(g, scale(g, x0, coef1[t]!), scale(g, x, coef2[t]!))
    predictions.push(x0)
    steps.push(x)
  }
  g.output('condition', condition)
  g.output('x0_predictions', concat(g, predictions, 0))
  g.output('steps', concat(g, steps, 0))
  g.output('prior', x)
  return g
}

/** [1, 8n + 1] -> [1, 4n]. Weights: 0, and <i>.resmlp.0 from 2 on. */
function denoise(g: Graph, input: Value, w: Weights, { features, denoiserBlocks }: DiffRirConfig): Value {
  let x = activatedLinear(g, input, w.at('0'), 4 * features)
  for (let i = 0; i < denoiserBlocks; i++) x = activatedLinear(g, x, w.at(`${2 + i}.resmlp.0`), 4 * features)
  return x
}

function activatedLinear(g: Graph, x: Value, w: Weights, out: number): Value {
  w.shaped('weight', [out, fixed(x, 1)])
  return leakyRelu(g, linear(g, x, w))
}
