/**
 * Operators as functions: the ONNX node with its output's shape noted. All values are float32 unless said otherwise.
 * Names and semantics: https://onnx.ai/onnx/operators/ (opset 21) and onnxruntime's ContribOperators.md.
 */
import {
  elementTypes,
  type Attribute,
  type Dim,
  type ElementType,
  type Graph,
  type Shape,
  type Value,
} from './graph.ts'
import { broadcast, checkDivides, checkSplit, concatShape, matmulShape, sliceSize } from './shapes.ts'

const same = ({ dtype, shape }: Value) => ({ dtype, shape })

const binary =
  (op: string) =>
  (g: Graph, a: Value, b: Value): Value =>
    g.node(op, [a, b], { dtype: a.dtype, shape: broadcast(op, a, b) })

const unary =
  (op: string) =>
  (g: Graph, x: Value): Value =>
    g.node(op, [x], same(x))

export const add = binary('Add')
export const subtract = binary('Sub')
export const multiply = binary('Mul')
export const divide = binary('Div')
export const sigmoid = unary('Sigmoid')
export const tanh = unary('Tanh')
export const cos = unary('Cos')
export const sin = unary('Sin')
export const exp = unary('Exp')
export const sqrt = unary('Sqrt')
export const erf = unary('Erf')

/** x * factor, a number. */
export const scale = (g: Graph, x: Value, factor: number): Value => multiply(g, x, g.scalar(factor))

/** a @ b; leading axes broadcast. */
export const matmul = (g: Graph, a: Value, b: Value): Value =>
  g.node('MatMul', [a, b], { dtype: a.dtype, shape: matmulShape('MatMul', a, b) })

export const softmax = (g: Graph, x: Value): Value =>
  g.node('Softmax', [x], same(x), { attributes: { axis: { int: -1 } } })

export function cast(g: Graph, x: Value, dtype: ElementType): Value {
  return g.node('Cast', [x], { dtype, shape: x.shape }, { attributes: { to: { int: elementTypes[dtype] } } })
}

/** Reshape by ONNX's rule: 0 keeps the size at its place, -1 takes what is left. `shape` notes the result. */
export function reshape(g: Graph, x: Value, sizes: readonly number[], shape: Shape): Value {
  return g.node('Reshape', [x, g.integers(sizes)], { dtype: x.dtype, shape })
}

/** Reshape to the shape of another value, known only when the graph runs. */
export const reshapeLike = (g: Graph, x: Value, like: Value): Value =>
  g.node('Reshape', [x, shapeOf(g, like)], { dtype: x.dtype, shape: like.shape })

/** The shape of x as an int64 vector. */
export const shapeOf = (g: Graph, x: Value): Value => g.node('Shape', [x], { dtype: 'int64', shape: [x.shape.length] })

export function transpose(g: Graph, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis]!)
  return g.node('Transpose', [x], { dtype: x.dtype, shape }, { attributes: { perm: { ints: permutation } } })
}

export function concat(g: Graph, values: readonly Value[], axis: number): Value {
  const { dtype, shape } = values[0]!
  const at = axis < 0 ? shape.length + axis : axis
  return g.node('Concat', values, { dtype, shape: concatShape(values, at) }, { attributes: { axis: { int: at } } })
}

/** Splits an axis of fixed size into pieces of the given sizes. */
export function split(g: Graph, x: Value, sizes: readonly number[], axis: number): Value[] {
  const at = axis < 0 ? x.shape.length + axis : axis
  checkSplit(x, sizes, at)
  const outputs = sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === at ? size : dim)) }))
  return g.nodeOutputs('Split', [x, g.integers(sizes)], outputs, { attributes: { axis: { int: at } } })
}

/** x[start:end] on one axis. `size` notes the result's size where it cannot be told from the numbers. */
export function slice(g: Graph, x: Value, axis: number, start: number, end: number, size?: Dim): Value {
  const at = axis < 0 ? x.shape.length + axis : axis
  const shape = x.shape.map((dim, i) => (i === at ? (size ?? sliceSize(dim, start, end)) : dim))
  const inputs = [x, g.integers([start]), g.integers([end]), g.integers([at])]
  return g.node('Slice', inputs, { dtype: x.dtype, shape })
}

/** Rows of `table` by int64 indices, on axis 0. */
export const gather = (g: Graph, table: Value, indices: Value): Value =>
  g.node('Gather', [table, indices], { dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] })

export function unsqueeze(g: Graph, x: Value, axes: readonly number[]): Value {
  const shape: Dim[] = [...x.shape]
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1)
  return g.node('Unsqueeze', [x, g.integers(axes)], { dtype: x.dtype, shape })
}

/** Mean over axes, which stay with size 1. */
export function reduceMean(g: Graph, x: Value, axes: readonly number[]): Value {
  const at = axes.map((axis) => (axis < 0 ? x.shape.length + axis : axis))
  const shape = x.shape.map((dim, i) => (at.includes(i) ? 1 : dim))
  return g.node('ReduceMean', [x, g.integers(at)], { dtype: x.dtype, shape }, { attributes: { keepdims: { int: 1 } } })
}

/** a >= b as bool. */
export const greaterOrEqual = (g: Graph, a: Value, b: Value): Value =>
  g.node('GreaterOrEqual', [a, b], { dtype: 'bool', shape: broadcast('GreaterOrEqual', a, b) })

/** x repeated to the sizes of an int64 vector, by broadcasting. `shape` notes the result. */
export const expand = (g: Graph, x: Value, sizes: Value, shape: Shape): Value =>
  g.node('Expand', [x, sizes], { dtype: x.dtype, shape })

/** Minus infinity for masks: the lowest float32, which no GPU turns into NaN. */
export const maskedScore = -3.4028234663852886e38

/** Where condition (bool) holds a, else b. */
export const where = (g: Graph, condition: Value, a: Value, b: Value): Value =>
  g.node('Where', [condition, a, b], { dtype: a.dtype, shape: broadcast('Where', a, b) })

/** x * sigmoid(x), Hendrycks & Gimpel's SiLU (arXiv 1606.08415). */
export const silu = (g: Graph, x: Value): Value => multiply(g, x, sigmoid(g, x))

/** Exact GELU: x * Phi(x) (arXiv 1606.08415). */
export const gelu = (g: Graph, x: Value): Value =>
  g.node('Gelu', [x], same(x), { attributes: { approximate: { string: 'none' } } })

/** GELU by tanh (arXiv 1606.08415, section 2). */
export const geluTanh = (g: Graph, x: Value): Value =>
  g.node('Gelu', [x], same(x), { attributes: { approximate: { string: 'tanh' } } })

/** x * sigmoid(1.702 x), OpenAI CLIP's approximation of GELU. */
export const quickGelu = (g: Graph, x: Value): Value => multiply(g, x, sigmoid(g, scale(g, x, 1.702)))

export const relu = unary('Relu')

/** Activations by the names that configs use. */
export const activations: Readonly<Record<string, (g: Graph, x: Value) => Value>> = {
  silu,
  swish: silu,
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  quick_gelu: quickGelu,
  relu,
  mish: (g, x) => multiply(g, x, tanh(g, g.node('Softplus', [x], same(x)))),
}

export interface ConvOptions {
  readonly stride?: number
  /** Top, left, bottom, right. */
  readonly padding?: readonly [number, number, number, number]
}

/** 2-D convolution. x [b, cin, h, w], weight [cout, cin, kh, kw], bias [cout] -> [b, cout, h', w']. */
export function conv2d(g: Graph, x: Value, weight: Value, bias: Value | undefined, options: ConvOptions = {}): Value {
  const { stride = 1, padding = [0, 0, 0, 0] } = options
  const [cout, , kh, kw] = weight.shape as [number, number, number, number]
  const size = (dim: Dim, kernel: number, pad: number): Dim => {
    if (typeof dim === 'number') return Math.floor((dim + pad - kernel) / stride) + 1
    return stride === 1 && pad === kernel - 1 ? dim : `${dim}/${stride}`
  }
  const h = size(x.shape[2]!, kh, padding[0] + padding[2])
  const w = size(x.shape[3]!, kw, padding[1] + padding[3])
  const attributes: Record<string, Attribute> = {
    kernel_shape: { ints: [kh, kw] },
    strides: { ints: [stride, stride] },
    pads: { ints: [...padding] },
  }
  const inputs = bias ? [x, weight, bias] : [x, weight]
  return g.node('Conv', inputs, { dtype: 'float32', shape: [x.shape[0]!, cout, h, w] }, { attributes })
}

/** Layer normalisation over the last axis (arXiv 1607.06450). */
export const layerNorm = (g: Graph, x: Value, weight: Value, bias: Value, epsilon: number): Value =>
  g.node('LayerNormalization', [x, weight, bias], same(x), {
    attributes: { axis: { int: -1 }, epsilon: { float: epsilon } },
  })

/**
 * Group normalisation (arXiv 1803.08494) as reshape, InstanceNormalization, scale and shift: onnxruntime's CPU
 * provider expands GroupNormalization into slower parts. x [b, c, h, w]; weight, bias [c].
 */
export function groupNorm(g: Graph, x: Value, weight: Value, bias: Value, groups: number, epsilon: number): Value {
  checkDivides(x, 1, groups, 'groups')
  const ones = g.constant(new Float32Array(groups).fill(1), [groups])
  const zeros = g.constant(new Float32Array(groups), [groups])
  const grouped = reshape(g, x, [0, groups, -1], [x.shape[0]!, groups, 'group'])
  const normal = g.node('InstanceNormalization', [grouped, ones, zeros], same(grouped), {
    attributes: { epsilon: { float: epsilon } },
  })
  const perChannel = (v: Value) => reshape(g, v, [-1, 1, 1], [v.shape[0]!, 1, 1])
  return add(g, multiply(g, reshapeLike(g, normal, x), perChannel(weight)), perChannel(bias))
}

/** Nearest-neighbour resize of [b, c, h, w] to given sizes (int64 vector of 4): source index floor(i * in / out). */
export function resizeNearest(g: Graph, x: Value, sizes: Value, shape: Shape): Value {
  return g.node(
    'Resize',
    [x, undefined, undefined, sizes],
    { dtype: x.dtype, shape },
    {
      attributes: {
        mode: { string: 'nearest' },
        nearest_mode: { string: 'floor' },
        coordinate_transformation_mode: { string: 'asymmetric' },
      },
    },
  )
}

/** Nearest-neighbour resize by whole factors. */
export function upsampleNearest(g: Graph, x: Value, factor: number): Value {
  const scales = g.constant(new Float32Array([1, 1, factor, factor]), [4])
  const grow = (dim: Dim): Dim => (typeof dim === 'number' ? dim * factor : `${dim}*${factor}`)
  const [b, c, h, w] = x.shape as [Dim, Dim, Dim, Dim]
  return g.node(
    'Resize',
    [x, undefined, scales],
    { dtype: x.dtype, shape: [b, c, grow(h), grow(w)] },
    {
      attributes: {
        mode: { string: 'nearest' },
        nearest_mode: { string: 'floor' },
        coordinate_transformation_mode: { string: 'asymmetric' },
      },
    },
  )
}
