import { Graph } from '../../src/graph/graph.ts'
import { layerNorm, linear } from '../../src/graph/modules.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'

/** linear and norm over x [rows, width], whose weights lie in `file` under `linear` and `norm`. */
export function smallGraph(file: string, { epsilon = 1e-5 } = {}): Graph {
  const g = new Graph('small')
  const w = new Weights(openSafetensors(file).tensors)
  const width = w.entry('norm.weight').shape[0]!
  const x = g.input('x', 'float32', ['rows', width])
  g.output('y', layerNorm(g, linear(g, x, w.at('linear')), w.at('norm'), epsilon))
  return g
}

/** What the graph gives for a fixed input; its session is released. */
export async function resultOf(runtime: Runtime, graph: Graph): Promise<number[]> {
  const session = await runtime.load(graph)
  const width = graph.inputs[0]!.shape[1] as number
  const x = float32(
    Float32Array.from({ length: 3 * width }, (_, i) => Math.sin(i)),
    [3, width],
  )
  const { y } = await session.run({ x })
  await session.release()
  return [...(y!.data as Float32Array)]
}
