import type { Graph, Value } from '../../graph/graph.ts'
import { linear } from '../../graph/modules.ts'
import { activations, add, concat, cos, multiply, reshape, silu, sin } from '../../graph/ops.ts'
import type { Weights } from '../../weights/weights.ts'
import type { UnetConfigFile } from './unet-config.ts'

/**
 * What a UNet and a ControlNet know of the time: the timestep's MLP, with text_time (SDXL) plus the one over pooled text
 * and sizes. timestep [b] float32 -> `time` and `whole`, both [b, 4 * ch0]. Declares text_embeds and time_ids as inputs
 * of the graph where they are used. Weights: time_embedding, add_embedding?.
 */
export function timeConditioning(
  g: Graph,
  timestep: Value,
  w: Weights,
  file: UnetConfigFile,
): { readonly time: Value; readonly whole: Value } {
  const time = timeEmbedding(g, timestep, w, file)
  return { time, whole: addedEmbedding(g, time, w, file) }
}

/** The timestep's MLP. [b, 4 * ch0]. */
function timeEmbedding(g: Graph, timestep: Value, w: Weights, file: UnetConfigFile): Value {
  const features = sinusoid(g, timestep, file.block_out_channels[0]!, file)
  const time = mlp(g, features, w.at('time_embedding'), file.act_fn)
  return file.timestep_post_act ? activations[file.timestep_post_act]!(g, time) : time
}

/** With text_time (SDXL): plus an MLP over pooled text and size conditioning. [b, 4 * ch0]. */
function addedEmbedding(g: Graph, time: Value, w: Weights, file: UnetConfigFile): Value {
  if (file.addition_embed_type !== 'text_time') return time
  const size = file.addition_time_embed_dim!
  const idCount = 6
  const pooled = file.projection_class_embeddings_input_dim! - size * idCount
  const textEmbeds = g.input('text_embeds', 'float32', ['b', pooled])
  const timeIds = g.input('time_ids', 'float32', ['b', idCount])
  const ids = sinusoid(g, reshape(g, timeIds, [-1], ['ids']), size, file)
  const flat = reshape(g, ids, [-1, size * idCount], ['b', size * idCount])
  return add(g, time, mlp(g, concat(g, [textEmbeds, flat], 1), w.at('add_embedding'), file.act_fn))
}

/** TimestepEmbedding. Weights: linear_1, linear_2. */
const mlp = (g: Graph, x: Value, w: Weights, activation: string): Value =>
  linear(g, (activations[activation] ?? silu)(g, linear(g, x, w.at('linear_1'))), w.at('linear_2'))

/**
 * Sinusoidal embedding of diffusers' get_timestep_embedding (after arXiv 1706.03762, section 3.5): values [n] ->
 * [n, size], cosines first when flip_sin_to_cos. The frequencies are rounded to float32 step by step as torch does.
 */
function sinusoid(
  g: Graph,
  values: Value,
  size: number,
  { flip_sin_to_cos: cosinesFirst, freq_shift: shift }: { flip_sin_to_cos: boolean; freq_shift: number },
): Value {
  const half = Math.floor(size / 2)
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(Math.fround(-Math.log(10000)) * i) / (half - shift))),
  )
  const column = reshape(g, values, [-1, 1], [values.shape[0]!, 1])
  const angles = multiply(g, column, g.constant(frequencies, [1, half]))
  const [sines, cosines] = [sin(g, angles), cos(g, angles)]
  return concat(g, cosinesFirst ? [cosines, sines] : [sines, cosines], 1)
}
