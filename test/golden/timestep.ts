import { float32, type FloatTensor } from '../../src/tensor/tensor.ts'
import type { GoldenCase } from './case.ts'

/** A stored timestep (scalar or [b], integer or float) as [b] float32. */
export function timestepOf(goldenCase: GoldenCase, batch: number): FloatTensor {
  const { data } = goldenCase.tensor('input.timestep')
  return float32(
    Float32Array.from({ length: batch }, (_, i) => Number(data[data.length === 1 ? 0 : i])),
    [batch],
  )
}
