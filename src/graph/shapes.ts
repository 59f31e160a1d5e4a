import { AppError } from '../contract/errors.ts'
import type { Dim, Shape, Value } from './graph.ts'

/** A shape as text, for messages. */
export const show = (shape: Shape): string => `[${shape.join(', ')}]`

const misfit = (message: string) =>
  new AppError('weights/shape-mismatch', {
    message,
    hint: 'The weights do not fit the config; run "llmga models verify".',
  })

const mismatch = (op: string, values: readonly Value[]) =>
  misfit(`${op} cannot join ${values.map((v) => `${v.name} ${show(v.shape)}`).join(' and ')}`)

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
export function matmulShape(op: string, a: Value, b: Value): Dim[] {
  const inner = a.shape.at(-1)!
  const other = b.shape.at(-2)!
  if (typeof inner === 'number' && typeof other === 'number' && inner !== other) throw mismatch(op, [a, b])
  const batch = broadcast(op, { ...a, shape: a.shape.slice(0, -2) }, { ...b, shape: b.shape.slice(0, -2) })
  return [...batch, a.shape.at(-2)!, b.shape.at(-1)!]
}

/** Shape of values laid end to end on one axis; the other sizes, where known, must be equal. */
export function concatShape(values: readonly Value[], axis: number): Dim[] {
  const first = values[0]!
  const sizes = values.map((v) => v.shape[axis]!)
  const total: Dim = sizes.every((s) => typeof s === 'number') ? sizes.reduce((a, b) => a + b, 0) : sizes.join('+')
  const differ = (a: Dim, b: Dim) => typeof a === 'number' && typeof b === 'number' && a !== b
  const fits = ({ shape }: Value) =>
    shape.length === first.shape.length && shape.every((dim, i) => i === axis || !differ(dim, first.shape[i]!))
  if (!values.every(fits)) throw mismatch('Concat', values)
  return first.shape.map((dim, i) => (i === axis ? total : dim))
}

/** Throws where `sizes` do not make up the axis. */
export function checkSplit(x: Value, sizes: readonly number[], axis: number): void {
  const sum = sizes.reduce((a, b) => a + b, 0)
  if (fixed(x, axis) !== sum)
    throw misfit(`axis ${axis} of ${x.name} ${show(x.shape)} cannot be split into ${show(sizes)}`)
}

/** Throws where an axis cannot be divided into `parts` of one size; `what` names the parts. */
export function checkDivides(x: Value, axis: number, parts: number, what: string): void {
  if (fixed(x, axis) % parts !== 0) throw misfit(`${x.name} ${show(x.shape)} cannot be divided into ${parts} ${what}`)
}

/** Size of x[start:end] on an axis of `dim` places; negative places count from the end, and none lies outside. */
export function sliceSize(dim: Dim, start: number, end: number): number {
  if (typeof dim !== 'number') return end - start
  const place = (index: number) => Math.min(Math.max(index < 0 ? index + dim : index, 0), dim)
  return Math.max(0, place(end) - place(start))
}

/** The size at `axis` where it must be known (channels). Throws a RangeError naming the value otherwise. */
export function fixed(value: Value, axis: number): number {
  const dim = value.shape.at(axis)
  if (typeof dim !== 'number')
    throw new RangeError(`${value.name} ${show(value.shape)}: axis ${axis} has no fixed size`)
  return dim
}
