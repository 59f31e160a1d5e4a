import { AppError } from '../contract/errors.ts'
import type { Dim, Shape, Value } from './graph.ts'

/** A shape as text, for messages. */
export const show = (shape: Shape): string => `[${shape.join(', ')}]`

const mismatch = (op: string, values: readonly Value[]) =>
  new AppError('weights/shape-mismatch', {
    message: `${op} cannot join ${values.map((v) => `${v.name} ${show(v.shape)}`).join(' and ')}`,
    hint: 'The weights do not fit the config; run "llmga models verify".',
  })

/** The shape of an element-wise op by ONNX's (numpy's) broadcasting. An unknown size wins over 1. */
export function broadcast(op: string, a: Value, b: Value): Dim[] {
  const rank = Math.max(a.shape.length, b.shape.length)
  return Array.from({ length: rank }, (_, i) => {
    const left = a.shape[a.shape.length - rank + i] ?? 1
    const right = b.shape[b.shape.length - rank + i] ?? 1
    if (left === right || right === 1) return left
    if (left === 1) return right
    if (typeof left === 'number' && typeof right === 'number') throw mismatch(op, [a, b])
    return typeof left === 'number' ? left : right
  })
}

/** Shape of `a @ b`, the leading sizes broadcast. */
export function matmulShape(op: string, a: Value, b: Value, bShape: Shape = b.shape): Dim[] {
  const inner = a.shape.at(-1)!
  const other = bShape.at(-2)!
  if (typeof inner === 'number' && typeof other === 'number' && inner !== other) throw mismatch(op, [a, b])
  const batch = broadcast(op, { ...a, shape: a.shape.slice(0, -2) }, { ...b, shape: bShape.slice(0, -2) })
  return [...batch, a.shape.at(-2)!, bShape.at(-1)!]
}

/** The size at `axis` where it must be known (channels). Throws a RangeError naming the value otherwise. */
export function fixed(value: Value, axis: number): number {
  const dim = value.shape.at(axis)
  if (typeof dim !== 'number')
    throw new RangeError(`${value.name} ${show(value.shape)}: axis ${axis} has no fixed size`)
  return dim
}
