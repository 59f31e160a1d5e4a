/** The operators once more, as plain loops in double precision: what the tests compare graphs with. */
import { sizeOf } from '../../src/tensor/tensor.ts'

/** Numbers with a shape, row-major. */
export interface Numbers {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

export const numbers = (shape: readonly number[], at: (...index: number[]) => number): Numbers => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, flat) => at(...unravel(flat, shape))),
})

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (const size of [...shape].reverse()) {
    index.unshift(flat % size)
    flat = Math.floor(flat / size)
  }
  return index
}

/** The value at an index; sizes of 1 are broadcast and missing leading axes too. */
export function read({ shape, data }: Numbers, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length)
  return data[own.reduce((flat, i, axis) => flat * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!
}

export const map = ({ shape, data }: Numbers, f: (value: number) => number): Numbers => ({
  shape,
  data: Float64Array.from(data, f),
})

export const zip = (shape: readonly number[], a: Numbers, b: Numbers, f: (x: number, y: number) => number): Numbers =>
  numbers(shape, (...index) => f(read(a, index), read(b, index)))

/** a [..., m, k] @ b [..., k, n]. */
export function matmul(a: Numbers, b: Numbers): Numbers {
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!]
  const longer = a.shape.length >= b.shape.length ? a : b
  return numbers([...longer.shape.slice(0, -2), m, n], (...index) => {
    const [batch, row, column] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!]
    let sum = 0
    for (let i = 0; i < k; i++) sum += read(a, [...batch, row, i]) * read(b, [...batch, i, column])
    return sum
  })
}

export const transpose = (x: Numbers, permutation: readonly number[]): Numbers =>
  numbers(
    permutation.map((axis) => x.shape[axis]!),
    (...index) =>
      read(
        x,
        x.shape.map((_, axis) => index[permutation.indexOf(axis)]!),
      ),
  )

/** Padding: top, left, bottom, right. */
export function conv2d(
  x: Numbers,
  weight: Numbers,
  bias: Numbers | undefined,
  stride = 1,
  padding: readonly [number, number, number, number] = [0, 0, 0, 0],
): Numbers {
  const [b, cin, height, width] = x.shape as [number, number, number, number]
  const [cout, , kh, kw] = weight.shape as [number, number, number, number]
  const [top, left, bottom, right] = padding
  const rows = Math.floor((height + top + bottom - kh) / stride) + 1
  const columns = Math.floor((width + left + right - kw) / stride) + 1
  return numbers([b, cout, rows, columns], (image, channel, row, column) => {
    let sum = bias?.data[channel] ?? 0
    for (let c = 0; c < cin; c++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const [y, z] = [row * stride + i - top, column * stride + j - left]
          if (y < 0 || z < 0 || y >= height || z >= width) continue
          sum += read(x, [image, c, y, z]) * read(weight, [channel, c, i, j])
        }
    return sum
  })
}

/** x with mean 0 and variance 1 over those values that share the group of `groupOf`. */
function normalise(x: Numbers, groupOf: (index: number[]) => string, epsilon: number): Numbers {
  const groups = new Map<string, number[]>()
  numbers(x.shape, (...index) => {
    const key = groupOf(index)
    groups.set(key, [...(groups.get(key) ?? []), read(x, index)])
    return 0
  })
  const moments = new Map<string, readonly [number, number]>()
  for (const [key, values] of groups) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
    moments.set(key, [mean, Math.sqrt(variance + epsilon)])
  }
  return numbers(x.shape, (...index) => {
    const [mean, deviation] = moments.get(groupOf(index))!
    return (read(x, index) - mean) / deviation
  })
}

export function groupNorm(x: Numbers, weight: Numbers, bias: Numbers, groups: number, epsilon: number): Numbers {
  const perGroup = x.shape[1]! / groups
  const normal = normalise(x, ([image, channel]) => `${image} ${Math.floor(channel! / perGroup)}`, epsilon)
  return numbers(x.shape, (...index) => read(normal, index) * weight.data[index[1]!]! + bias.data[index[1]!]!)
}

export function layerNorm(x: Numbers, weight: Numbers, bias: Numbers, epsilon: number): Numbers {
  const normal = normalise(x, (index) => index.slice(0, -1).join(' '), epsilon)
  return numbers(x.shape, (...index) => read(normal, index) * weight.data[index.at(-1)!]! + bias.data[index.at(-1)!]!)
}

export function softmax(x: Numbers): Numbers {
  const last = x.shape.at(-1)!
  return numbers(x.shape, (...index) => {
    let sum = 0
    for (let i = 0; i < last; i++) sum += Math.exp(read(x, [...index.slice(0, -1), i]))
    return Math.exp(read(x, index)) / sum
  })
}

/** Source places floor(i x in / out), in whole numbers. */
export const nearest = (x: Numbers, height: number, width: number): Numbers =>
  numbers([x.shape[0]!, x.shape[1]!, height, width], (b, c, row, column) =>
    read(x, [b, c, Math.floor((row * x.shape[2]!) / height), Math.floor((column * x.shape[3]!) / width)]),
  )

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The error function as its integral, by Simpson's rule. */
export function erf(x: number): number {
  const pieces = 400
  const width = x / pieces
  let sum = 1 + Math.exp(-x * x)
  for (let i = 1; i < pieces; i++) sum += (i % 2 === 1 ? 4 : 2) * Math.exp(-((i * width) ** 2))
  return ((2 / Math.sqrt(Math.PI)) * sum * width) / 3
}
