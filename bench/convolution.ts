import { Graph } from '../src/graph/graph.ts'
import { conv2d, matmul } from '../src/graph/ops.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import { float32 } from '../src/tensor/tensor.ts'
import { medianMs, noise } from './measure.ts'

const channels = 320
const side = 64

/** GFLOP/s that one plain 3x3 convolution of the UNet's size reaches: 320 channels, 64x64, two pictures. */
export async function plainConvolution(runtime: Runtime, runs = 7): Promise<number> {
  const g = new Graph('plain convolution')
  const x = g.input('x', 'float32', ['b', channels, side, side])
  const weight = g.constant(noise(channels * channels * 9), [channels, channels, 3, 3])
  g.output('y', conv2d(g, x, weight, undefined, { padding: [1, 1, 1, 1] }))
  const session = await runtime.load(g)
  const input = float32(noise(2 * channels * side * side), [2, channels, side, side])
  const ms = await medianMs(() => session.run({ x: input }), { runs, warmup: 2 })
  await session.release()
  return (2 * 2 * channels * channels * 9 * side * side) / ms / 1e6
}

/** GB/s at which one row times a large float32 matrix reads the matrix: the limit of token-by-token decoding. */
export async function plainMatrixRow(runtime: Runtime, runs = 15): Promise<number> {
  const [rows, columns] = [4096, 11008]
  const g = new Graph('plain matrix row')
  const weight = g.constant(noise(rows * columns), [rows, columns])
  g.output('y', matmul(g, g.input('x', 'float32', [1, rows]), weight))
  const session = await runtime.load(g)
  const x = float32(noise(rows), [1, rows])
  const ms = await medianMs(() => session.run({ x }), { runs, warmup: 3 })
  await session.release()
  return (rows * columns * 4) / ms / 1e6
}
