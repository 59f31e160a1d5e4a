import type { TinyLlama, TinyWeights } from './tiny-llama.ts'

type Row = number[]

/** What a family does in its own way. */
export interface Arithmetic {
  /** Rotary angle of a pair of dimensions at a position, in radians. */
  readonly angle: (position: number, pair: number) => number
  /** The MLP's activation. */
  readonly act: (x: number) => number
  /** Cosine and sine are multiplied by it. */
  readonly magnitude?: number
  /** Dimensions of a head that are turned; default all. */
  readonly dims?: number
  /** Positions that a token of a layer sees, itself included; default all. */
  readonly window?: (layer: number) => number
  /** Added to the weights of norms. */
  readonly normOffset?: number
  readonly embeddingScale?: number
}

/**
 * A decoder in plain loops and double precision, after its definition and without any of the project's own code: the
 * logits [t][vocabulary] of all tokens.
 */
export function referenceLogits(
  config: TinyLlama,
  weights: TinyWeights,
  ids: readonly number[],
  { angle, act, magnitude = 1, dims = config.head_dim, window, normOffset = 0, embeddingScale = 1 }: Arithmetic,
): Row[] {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim } = config
  const tensor = (name: string) => weights[name]!
  const linear = (name: string, x: Row): Row => {
    const { shape, values } = tensor(`${name}.weight`)
    const bias = weights[`${name}.bias`]?.values
    return Array.from({ length: shape[0]! }, (_, row) =>
      x.reduce((sum, value, i) => sum + value * values[row * x.length + i]!, bias?.[row] ?? 0),
    )
  }
  const norm = (name: string, x: Row): Row => {
    const root = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + config.rms_norm_eps)
    return x.map((v, i) => (v / root) * (normOffset + tensor(name).values[i]!))
  }
  const rotate = (x: Row, position: number): Row => {
    const half = dims / 2
    return x.map((value, i) => {
      const place = i % headDim
      if (place >= dims) return value
      const theta = angle(position, place % half)
      const partner = place < half ? -x[i + half]! : x[i - half]!
      return magnitude * (value * Math.cos(theta) + partner * Math.sin(theta))
    })
  }
  /** Rows of one matrix, or of matrices of their own. */
  const parts = (fused: string, names: readonly string[], sizes: readonly number[], x: Row): Row[] => {
    if (!weights[`${fused}.weight`]) return names.map((name) => linear(name, x))
    const rows = linear(fused, x)
    return sizes.map((size, i) => {
      const start = sizes.slice(0, i).reduce((sum, n) => sum + n, 0)
      return rows.slice(start, start + size)
    })
  }
  const plus = (a: Row, b: Row): Row => a.map((v, i) => v + b[i]!)

  const table = tensor('model.embed_tokens.weight')
  let xs = ids.map((id) =>
    table.values.slice(id * config.hidden_size, (id + 1) * config.hidden_size).map((v) => v * embeddingScale),
  )
  for (let n = 0; n < config.num_hidden_layers; n++) {
    const layer = `model.layers.${n}`
    const normal = xs.map((x) => norm(`${layer}.input_layernorm.weight`, x))
    const names = ['q_proj', 'k_proj', 'v_proj'].map((name) => `${layer}.self_attn.${name}`)
    const sizes = [heads, kvHeads, kvHeads].map((count) => count * headDim)
    const projected = normal.map((x) => parts(`${layer}.self_attn.qkv_proj`, names, sizes, x))
    const queries = projected.map(([q], t) => rotate(q!, t))
    const keys = projected.map(([, k], t) => rotate(k!, t))
    const values = projected.map(([, , v]) => v!)
    const seen = window?.(n) ?? Infinity
    xs = xs.map((x, t) => {
      const mixed = Array.from({ length: heads }, (_, head) => {
        const kv = Math.floor(head / (heads / kvHeads))
        const part = (row: Row, h: number) => row.slice(h * headDim, (h + 1) * headDim)
        const first = Math.max(0, t - seen + 1)
        const scores = keys.slice(first, t + 1).map((key) => {
          const q = part(queries[t]!, head)
          return part(key, kv).reduce((sum, v, i) => sum + v * q[i]!, 0) / Math.sqrt(headDim)
        })
        const weightsOf = scores.map((s) => Math.exp(s - Math.max(...scores)))
        const total = weightsOf.reduce((a, b) => a + b)
        return Array.from({ length: headDim }, (_, i) =>
          weightsOf.reduce((sum, w, s) => sum + (w / total) * part(values[first + s]!, kv)[i]!, 0),
        )
      }).flat()
      return plus(x, linear(`${layer}.self_attn.o_proj`, mixed))
    })
    xs = xs.map((x) => {
      const second = norm(`${layer}.post_attention_layernorm.weight`, x)
      const inner = config.intermediate_size
      const halves = ['gate_proj', 'up_proj'].map((name) => `${layer}.mlp.${name}`)
      const [gate, up] = parts(`${layer}.mlp.gate_up_proj`, halves, [inner, inner], second)
      return plus(
        x,
        linear(
          `${layer}.mlp.down_proj`,
          gate!.map((v, i) => act(v) * up![i]!),
        ),
      )
    })
  }
  const head = weights['lm_head.weight'] ? 'lm_head' : 'model.embed_tokens'
  return xs.map((x) => linear(head, norm('model.norm.weight', x)))
}
