import { expect } from 'vitest'
import { Graph, type Shape, type Value } from '../../src/graph/graph.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { float32, sizeOf, type FloatTensor, type Tensor } from '../../src/tensor/tensor.ts'

export const cpu = await createRuntime({ device: 'cpu' })

/** Writes a graph over inputs, runs it, and checks that each output has the shape and dtype of its note. */
export async function compute(
  inputs: readonly Tensor[],
  write: (g: Graph, inputs: Value[]) => Value | readonly Value[],
  shapes: readonly Shape[] = inputs.map(({ shape }) => shape),
): Promise<Tensor[]> {
  const g = new Graph('test')
  const values = inputs.map(({ dtype }, i) => g.input(`input${i}`, dtype, shapes[i]!))
  const outputs: readonly Value[] = [write(g, values)].flat()
  outputs.forEach((value, i) => g.output(`output${i}`, value))
  const session = await cpu.load(g)
  const results = await session.run(Object.fromEntries(inputs.map((tensor, i) => [`input${i}`, tensor])))
  await session.release()
  return outputs.map(({ shape, dtype }, i) => {
    const result = results[`output${i}`]!
    expect(result.dtype).toBe(dtype)
    expect(show(result.shape, shape)).toEqual(shape)
    return result
  })
}

/** The sizes, with the note's own name where it has one: only numbers can be compared. */
const show = (sizes: readonly number[], note: Shape): Shape =>
  sizes.map((size, i) => (typeof note[i] === 'string' ? note[i] : size))

/** Values in [-2, 2) that follow from `salt`: a linear congruential generator (Numerical Recipes, 7.1). */
export function random(shape: readonly number[], salt = 1): FloatTensor {
  let state = (salt * 2654435761) >>> 0
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 30 - 2
  })
  return float32(data, shape)
}

/** That every value is within `tolerance` of a double precision computation, relative above 1. */
export function expectClose(got: Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got.data).toHaveLength(expected.length)
  let worst = 0
  for (let i = 0; i < expected.length; i++)
    worst = Math.max(worst, Math.abs(Number(got.data[i]) - expected[i]!) / Math.max(1, Math.abs(expected[i]!)))
  expect(worst).toBeLessThan(tolerance) // NaN is not
}
