/**
 * What an operator becomes on each execution provider of onnxruntime. Graphs are written once, for the CPU; the runtime
 * has them rewritten here before it loads them, and nothing else in the project asks on which device a graph runs.
 */
import { AppError } from '../contract/errors.ts'
import type { Graph, GraphNode, Value } from './graph.ts'
import { add, matmul, reshape, scale, softmax, transpose } from './ops.ts'
import { fixed } from './shapes.ts'

/** Where graphs run, by onnxruntime's names. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

/** Writes the parts that stand for a node; gives the value of its output. */
type Variant = (g: Graph, node: GraphNode) => Value

/**
 * By provider and operator; an operator without a line stays as it is.
 * WebGPU: onnxruntime 1.30's MultiHeadAttention is off at 77 tokens on software Vulkan (docs/gpu.md).
 */
const variants: Readonly<Record<Provider, Readonly<Record<string, Variant>>>> = {
  cpu: {},
  cuda: {},
  webgpu: { MultiHeadAttention: attentionByProducts },
}

/** Rewrites the nodes of a graph in place for a provider. Doing it again changes nothing. */
export function fitToProvider(g: Graph, provider: Provider): void {
  const table = variants[provider]
  const written = g.nodes.splice(0)
  for (const node of written) {
    const variant = Object.hasOwn(table, node.op) ? table[node.op] : undefined
    if (!variant) {
      g.nodes.push(node)
      continue
    }
    const result = variant(g, node)
    g.nodes.push({ op: 'Identity', domain: '', inputs: [result], outputs: node.outputs, attributes: {} })
  }
}

/**
 * MultiHeadAttention as products: softmax(q kT / sqrt(d) + bias) v for each head. Inputs as the operator has them: query
 * [b, s, h * d], key and value [b, t, h * d], and a bias [b or 1, h or 1, s, t] as the sixth. Throws AppError
 * `inference/failed` for those of its inputs that no graph here gives it.
 */
function attentionByProducts(g: Graph, { inputs, attributes }: GraphNode): Value {
  const [query, key, value, projectionBias, padding, bias, ...past] = inputs
  const count = attributes['num_heads']
  if (!query || !key || !value || !count || !('int' in count) || projectionBias || padding || past.length > 0)
    throw new AppError('inference/failed', { message: 'an attention with these inputs has no form as products' })
  const heads = count.int
  const width = fixed(query, -1) / heads
  const perHead = (x: Value, order: readonly number[]) => {
    const [b, t] = x.shape
    const size = fixed(x, -1) / heads
    return transpose(g, reshape(g, x, [0, 0, heads, size], [b!, t!, heads, size]), order)
  }
  const asked = scale(g, perHead(query, [0, 2, 1, 3]), width ** -0.5)
  const scores = matmul(g, asked, perHead(key, [0, 2, 3, 1]))
  const shares = softmax(g, bias ? add(g, scores, bias) : scores)
  const mixed = transpose(g, matmul(g, shares, perHead(value, [0, 2, 1, 3])), [0, 2, 1, 3])
  const [b, s] = query.shape
  return reshape(g, mixed, [0, 0, fixed(value, -1)], [b!, s!, fixed(value, -1)])
}
