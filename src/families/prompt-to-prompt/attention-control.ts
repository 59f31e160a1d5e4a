import type { Graph, Value } from '../../graph/graph.ts'
import {
  add,
  cast,
  concat,
  greaterOrEqual,
  matmul,
  multiply,
  reduceMean,
  reshape,
  scale,
  shapeOf,
  slice,
  softmax,
  transpose,
  where,
} from '../../graph/ops.ts'
import { fixed } from '../../graph/shapes.ts'
import { mixture, type AttentionCall } from '../stable-diffusion/attention.ts'
import type { UnetVariant } from '../stable-diffusion/unet.ts'

/** The output that holds the blend words' maps of the `cross`-th cross-attention: [2, queries], source and target. */
export const wordMapOutput = (cross: number): string => `p2p_word_map.${cross}`

/** The outputs of the tapped graph: a call's maps before and after the control, [2 * heads, queries, keys]. */
export const mapTap = (call: number, when: 'before' | 'after'): string => `p2p_map.${call}.${when}`

/**
 * Prompt-to-prompt's attention control (arXiv 2208.01626) as inputs of the graph. The last two rows of the batch are
 * the source's and the target's; whatever rows stand before them (unconditional ones) are left alone. Inputs, all
 * float32, n = tokens (`controlInputs`): p2p_source_share [n, n], p2p_target_share [n], p2p_self_limit [1], p2p_words
 * [2, n]. Outputs: `wordMapOutput` of each cross-attention, the mean over its heads.
 * `taps` adds the maps themselves, for comparisons with the reference.
 */
export const attentionControl = ({ taps = false } = {}): UnetVariant => ({
  name: taps ? 'p2p-taps' : 'p2p',
  attach(g) {
    const control: ControlInputs = {
      sourceShare: g.input('p2p_source_share', 'float32', ['tokens', 'tokens']),
      targetShare: g.input('p2p_target_share', 'float32', ['tokens']),
      selfLimit: g.input('p2p_self_limit', 'float32', [1]),
      words: g.input('p2p_words', 'float32', [2, 'tokens']),
    }
    const outputs = new Map<string, Value>()
    let calls = 0
    let crossCalls = 0
    const tap = (before: Value, after: Value) => {
      outputs.set(mapTap(calls, 'before'), flatMaps(g, before))
      outputs.set(mapTap(calls, 'after'), flatMaps(g, after))
    }
    return {
      hooks: {
        mix(call): Value {
          const edited = call.isCross ? editCross(call, control) : replaceSelf(call, control)
          if (edited.wordMaps) outputs.set(wordMapOutput(crossCalls++), edited.wordMaps)
          if (taps) tap(...edited.maps())
          calls++
          return edited.mixed
        },
      },
      finish: () => outputs.forEach((value, name) => g.output(name, value)),
    }
  },
})

interface ControlInputs {
  readonly sourceShare: Value
  readonly targetShare: Value
  readonly selfLimit: Value
  readonly words: Value
}

interface EditedAttention {
  readonly mixed: Value
  /** [2, queries] */
  readonly wordMaps?: Value
  /** The pair's maps before and after, [2, heads, queries, keys]; written when called. */
  readonly maps: () => readonly [before: Value, after: Value]
}

const end = 2 ** 31 - 1
/** All rows of the batch but the last; the source's row; the target's row. */
const allButTarget = (g: Graph, x: Value) => slice(g, x, 0, 0, -1, 'rows')
const sourceRow = (g: Graph, x: Value) => slice(g, x, 0, -2, -1, 1)
const targetRow = (g: Graph, x: Value) => slice(g, x, 0, -1, end, 1)
const pairRows = (g: Graph, x: Value) => slice(g, x, 0, -2, end, 2)
const withTarget = (g: Graph, x: Value, target: Value): Value => ({
  ...concat(g, [allButTarget(g, x), target], 0),
  shape: x.shape,
})

/**
 * The target's self-attention map replaced by the source's, where there are few enough queries: the map is a function
 * of queries and keys alone, so those are replaced, and no map is ever held.
 */
function replaceSelf(call: AttentionCall, { selfLimit }: ControlInputs): EditedAttention {
  const { g, query, key } = call
  const queries = cast(g, slice(g, shapeOf(g, query), 0, 1, 2), 'float32')
  const replaced = greaterOrEqual(g, selfLimit, queries)
  const take = (x: Value) => withTarget(g, x, where(g, replaced, sourceRow(g, x), targetRow(g, x)))
  const edited = { ...call, query: take(query), key: take(key) }
  return { mixed: mixture(edited), maps: () => [pairMaps(call), pairMaps(edited)] }
}

/** The target's cross-attention map made from both maps; the other rows are attended as ever. */
function editCross(call: AttentionCall, { sourceShare, targetShare, words }: ControlInputs): EditedAttention {
  const { g, heads, query, key, value } = call
  const maps = pairMaps(call)
  const [source, target] = [slice(g, maps, 0, 0, 1), slice(g, maps, 0, 1, 2)]
  const edited = add(g, matmul(g, source, sourceShare), multiply(g, target, targetShare))
  const attended = matmul(g, edited, splitHeads(g, targetRow(g, value), heads, [0, 2, 1, 3])) // [1, heads, s, d]
  const joined = reshape(g, transpose(g, attended, [0, 2, 1, 3]), [0, 0, -1], [1, query.shape[1]!, query.shape[2]!])
  const others = mixture({
    g,
    heads,
    query: allButTarget(g, query),
    key: allButTarget(g, key),
    value: allButTarget(g, value),
  })
  const wordMap = (map: Value, row: number) => {
    const column = transpose(g, slice(g, words, 0, row, row + 1), [1, 0]) // [n, 1]
    return reshape(g, reduceMean(g, matmul(g, map, column), [1]), [1, -1], [1, query.shape[1]!])
  }
  return {
    mixed: { ...concat(g, [others, joined], 0), shape: query.shape },
    wordMaps: concat(g, [wordMap(source, 0), wordMap(edited, 1)], 0),
    maps: () => [maps, concat(g, [source, edited], 0)],
  }
}

/** softmax(q k^T / sqrt(d)) of source and target: [2, heads, queries, keys]. */
function pairMaps({ g, heads, query, key }: AttentionCall): Value {
  const q = splitHeads(g, pairRows(g, query), heads, [0, 2, 1, 3])
  const k = splitHeads(g, pairRows(g, key), heads, [0, 2, 3, 1])
  const size = fixed(query, -1) / heads
  return softmax(g, matmul(g, scale(g, q, size ** -0.5), k))
}

/** [b, t, heads * d] -> [b, t, heads, d], permuted. */
function splitHeads(g: Graph, x: Value, heads: number, permutation: readonly number[]): Value {
  const [b, t] = x.shape
  const size = fixed(x, -1) / heads
  return transpose(g, reshape(g, x, [0, 0, heads, size], [b!, t!, heads, size]), permutation)
}

/** [2, heads, q, k] -> [2 * heads, q, k]; the sizes are known when it runs. */
function flatMaps(g: Graph, maps: Value): Value {
  const tail = slice(g, shapeOf(g, maps), 0, 2, 4)
  const sizes = concat(g, [g.integers([-1]), tail], 0)
  return g.node('Reshape', [maps, sizes], { dtype: maps.dtype, shape: ['maps', maps.shape[2]!, maps.shape[3]!] })
}
