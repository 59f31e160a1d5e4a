/**
 * A float32 graph rewritten for float16 (fp16): products, convolutions and what lies between them compute in half
 * precision, on half the bytes. What the graph is fed and gives stays float32. docs/gpu.md says what was measured.
 */
import type { Graph, GraphNode, Value } from './graph.ts'
import { cast } from './ops.ts'

/** What a graph computes in. */
export type GraphPrecision = 'fp32' | 'fp16'

/** The largest fp16; casts turn what is larger into infinity. */
const largestHalf = 65504

/**
 * Operators that compute in float32 in an fp16 graph. Sums over many values and squares leave fp16's range or digits
 * (normalisations, means, softmax); exponentials leave its range; a timestep's angle needs more digits than 11 bits; a
 * divisor may be too small to be one. Cast and Clip join both worlds.
 */
const wideOperators: ReadonlySet<string> = new Set([
  'LayerNormalization',
  'SimplifiedLayerNormalization',
  'InstanceNormalization',
  'Softmax',
  'ReduceMean',
  'ReduceL2',
  'Sqrt',
  'Exp',
  'Pow',
  'Softplus',
  'Sin',
  'Cos',
  'Div',
  'GreaterOrEqual',
  // Its kernels round what they are given to 8 bits; with fp16 on top results left the tolerance (docs/gpu.md).
  'MatMulNBits',
  'Cast',
  'Clip',
])

/**
 * Operators that compute in float32 where nothing but such operators takes their result: the squares before a mean, the
 * mask on scores before their softmax, the timestep times its frequencies.
 */
const followers: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Max',
  'Where',
  'Concat',
  'Reshape',
  'Transpose',
  'Unsqueeze',
  'Slice',
])

/** Inputs that are float32 whatever the operator computes in. */
const float32Inputs: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2] }

const isFloat = (value: Value | undefined): value is Value => value?.dtype === 'float32'

/** Why a graph should stay in float32; undefined where there is no reason. */
export function halfPrecisionObstacle(g: Graph): string | undefined {
  const isBfloat = [...g.weights.values()].some(({ value }) => value.dtype === 'bfloat16')
  return isBfloat ? 'its weights are bf16, and models trained in its range may leave that of fp16' : undefined
}

/**
 * Rewrites the nodes of a graph in place. F16 weights are used as they lie, others are rounded when the graph is loaded;
 * weights, constants and inputs beyond fp16's range (a mask's lowest float32) become its largest values, not infinite.
 * Doing it again changes nothing.
 */
export function toHalfPrecision(g: Graph): void {
  const written = g.nodes.splice(0)
  const wide = wideNodes(g, written)
  const forms = new Forms(g, written)
  for (const node of written) {
    if (isWidenedHalf(node)) forms.keep(node.outputs[0]!, { half: node.inputs[0]!, widening: node })
    else g.nodes.push(wide.has(node) ? widened(node, forms) : halved(node, forms))
  }
}

/** The nodes that compute in float32; nodes without floats are neither, and may be among them. */
function wideNodes(g: Graph, nodes: readonly GraphNode[]): ReadonlySet<GraphNode> {
  const results = new Set(g.outputs.map(({ name }) => name))
  const takers = new Map<string, GraphNode[]>()
  const wide = new Set<GraphNode>()
  const isTakenWide = ({ name }: Value) => (takers.get(name) ?? []).every((taker) => wide.has(taker))
  for (const node of [...nodes].reverse()) {
    const isWide =
      wideOperators.has(node.op) ||
      node.outputs.some(({ name }) => results.has(name)) ||
      (followers.has(node.op) && node.outputs.every(isTakenWide))
    if (isWide) wide.add(node)
    // A shape is the same in both precisions.
    if (node.op !== 'Shape')
      for (const input of node.inputs) if (input) takers.set(input.name, [...(takers.get(input.name) ?? []), node])
  }
  return wide
}

/** The Cast that Graph.weight puts behind an F16 weight. */
const isWidenedHalf = ({ op, inputs, outputs }: GraphNode): boolean =>
  op === 'Cast' && inputs[0]?.dtype === 'float16' && outputs[0]?.dtype === 'float32'

const widened = (node: GraphNode, forms: Forms): GraphNode => ({
  ...node,
  inputs: node.inputs.map((input) => (isFloat(input) ? forms.full(input) : input)),
})

function halved(node: GraphNode, forms: Forms): GraphNode {
  const kept = float32Inputs[node.op] ?? []
  const form = (input: Value, place: number) =>
    node.op === 'Shape' ? forms.any(input) : kept.includes(place) ? forms.full(input) : forms.half(input)
  const inputs = node.inputs.map((input, place) => (isFloat(input) ? form(input, place) : input))
  const outputs = node.outputs.map((output) => {
    if (!isFloat(output)) return output
    const half: Value = { ...output, dtype: 'float16' }
    forms.keep(output, { half })
    return half
  })
  return { ...node, inputs, outputs }
}

/** A float32 value of the original graph, as it is there in the rewritten one. */
interface Form {
  full?: Value
  half?: Value
  /** The node that gives `full`; written when it is asked for. */
  readonly widening?: GraphNode
}

/** The values of the original graph in both precisions; a missing one is written when it is first asked for. */
class Forms {
  readonly #g: Graph
  readonly #computed: ReadonlySet<string>
  readonly #forms = new Map<string, Form>()

  constructor(g: Graph, nodes: readonly GraphNode[]) {
    this.#g = g
    this.#computed = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name)))
  }

  keep(value: Value, form: Form): void {
    this.#forms.set(value.name, form)
  }

  full(value: Value): Value {
    const form = this.#of(value)
    if (form.full) return form.full
    if (form.widening) this.#g.nodes.push(form.widening)
    return (form.full = form.widening?.outputs[0] ?? cast(this.#g, form.half!, 'float32'))
  }

  half(value: Value): Value {
    const form = this.#of(value)
    return (form.half ??= cast(this.#g, this.#computed.has(value.name) ? value : this.#inRange(value), 'float16'))
  }

  any(value: Value): Value {
    const form = this.#of(value)
    return form.half ?? this.full(value)
  }

  #of(value: Value): Form {
    let form = this.#forms.get(value.name)
    if (!form) this.#forms.set(value.name, (form = { full: value }))
    return form
  }

  #inRange(value: Value): Value {
    const [lowest, highest] = [this.#g.scalar(-largestHalf), this.#g.scalar(largestHalf)]
    return this.#g.node('Clip', [value, lowest, highest], value)
  }
}
