import type { Dim, Graph, Value } from '../../graph/graph.ts'
import { fixed } from '../../graph/shapes.ts'

const divided = (dim: Dim, by: number): Dim => (typeof dim === 'number' ? dim / by : `${dim}/${by}`)
const times = (dim: Dim, by: number): Dim => (typeof dim === 'number' ? dim * by : `${dim}*${by}`)

/**
 * torch's PixelUnshuffle: [b, c, h, w] -> [b, c r^2, h/r, w/r], channel c r^2 + y r + x. ONNX's SpaceToDepth counts the
 * channel first, so its result is put in order.
 */
export function pixelUnshuffle(g: Graph, x: Value, r: number): Value {
  if (r === 1) return x
  const channels = fixed(x, 1)
  const [b, , h, w] = x.shape as [Dim, Dim, Dim, Dim]
  const shape = [b, channels * r * r, divided(h, r), divided(w, r)]
  const blocks = g.node('SpaceToDepth', [x], { dtype: x.dtype, shape }, { attributes: { blocksize: { int: r } } })
  const order = Array.from({ length: channels * r * r }, (_, i) => (i % (r * r)) * channels + Math.floor(i / (r * r)))
  return g.node('Gather', [blocks, g.integers(order)], { dtype: x.dtype, shape }, { attributes: { axis: { int: 1 } } })
}

/** torch's PixelShuffle: [b, c r^2, h, w] -> [b, c, h r, w r]. */
export function pixelShuffle(g: Graph, x: Value, r: number): Value {
  const [b, , h, w] = x.shape as [Dim, Dim, Dim, Dim]
  const shape = [b, fixed(x, 1) / (r * r), times(h, r), times(w, r)]
  const attributes = { blocksize: { int: r }, mode: { string: 'CRD' } }
  return g.node('DepthToSpace', [x], { dtype: x.dtype, shape }, { attributes })
}
