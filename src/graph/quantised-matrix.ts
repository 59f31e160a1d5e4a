import type { QuantisedMatrix, WeightEntry } from '../weights/safetensors.ts'
import type { Graph, Value } from './graph.ts'

/**
 * Rows of activations are rounded to 8 bits a block, too: the kernels of this level are five times as fast for one row,
 * and their error is below that of the weights (docs/precision.md).
 */
const accuracyLevel = 4

/** The operator of a matrix in blocks; its weights are worth nothing unpacked (docs/precision.md). */
export const quantisedMatmul = 'MatMulNBits'

/** x [..., in] @ matrix [out, in]^T -> [..., out], the matrix in blocks. */
export function matmulQuantised(g: Graph, x: Value, { shape }: WeightEntry, matrix: QuantisedMatrix): Value {
  const [out, input] = shape as [number, number]
  return g.node(
    quantisedMatmul,
    [x, g.weight(matrix.codes), g.weight(matrix.scales)],
    { dtype: 'float32', shape: [...x.shape.slice(0, -1), out] },
    {
      domain: 'com.microsoft',
      attributes: {
        K: { int: input },
        N: { int: out },
        bits: { int: matrix.bits },
        block_size: { int: matrix.blockSize },
        accuracy_level: { int: accuracyLevel },
      },
    },
  )
}
