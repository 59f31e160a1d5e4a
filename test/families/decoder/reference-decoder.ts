import type { TinyLlama, TinyWeights } from './tiny-llama.ts'

type Row = number[]

/**
 * A Llama in plain loops and double precision, after its definition and without any of the project's own code: the
 * logits [t][vocabulary] of all tokens. `angle(position, pair)` is the rotary angle, `act` the MLP's activation.
 */
export function referenceLogits(
  config: TinyLlama,
  weights: TinyWeights,
  ids: readonly number[],
  angle: (position: number, pair: number) => number,
  act: (x: number) => number,
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
    return x.map((v, i) => (v / root) * tensor(name).values[i]!)
  }
  const rotate = (x: Row, position: number): Row => {
    const half = headDim / 2
    return x.map((value, i) => {
      const pair = i % headDim
      const theta = angle(position, pair % half)
      const partner = pair < half ? -x[i + half]! : x[i - half]!
      return value * Math.cos(theta) + partner * Math.sin(theta)
    })
  }
  const plus = (a: Row, b: Row): Row => a.map((v, i) => v + b[i]!)

  const table = tensor('model.embed_tokens.weight')
  let xs = ids.map((id) => table.values.slice(id * config.hidden_size, (id + 1) * config.hidden_size))
  for (let n = 0; n < config.num_hidden_layers; n++) {
    const layer = `model.layers.${n}`
    const normal = xs.map((x) => norm(`${layer}.input_layernorm.weight`, x))
    const queries = normal.map((x, t) => rotate(linear(`${layer}.self_attn.q_proj`, x), t))
    const keys = normal.map((x, t) => rotate(linear(`${layer}.self_attn.k_proj`, x), t))
    const values = normal.map((x) => linear(`${layer}.self_attn.v_proj`, x))
    xs = xs.map((x, t) => {
      const mixed = Array.from({ length: heads }, (_, head) => {
        const kv = Math.floor(head / (heads / kvHeads))
        const part = (row: Row, h: number) => row.slice(h * headDim, (h + 1) * headDim)
        const scores = keys.slice(0, t + 1).map((key) => {
          const q = part(queries[t]!, head)
          return part(key, kv).reduce((sum, v, i) => sum + v * q[i]!, 0) / Math.sqrt(headDim)
        })
        const weightsOf = scores.map((s) => Math.exp(s - Math.max(...scores)))
        const total = weightsOf.reduce((a, b) => a + b)
        return Array.from({ length: headDim }, (_, i) =>
          weightsOf.reduce((sum, w, s) => sum + (w / total) * part(values[s]!, kv)[i]!, 0),
        )
      }).flat()
      return plus(x, linear(`${layer}.self_attn.o_proj`, mixed))
    })
    xs = xs.map((x) => {
      const second = norm(`${layer}.post_attention_layernorm.weight`, x)
      const gate = linear(`${layer}.mlp.gate_proj`, second).map(act)
      const up = linear(`${layer}.mlp.up_proj`, second)
      return plus(
        x,
        linear(
          `${layer}.mlp.down_proj`,
          gate.map((v, i) => v * up[i]!),
        ),
      )
    })
  }
  const head = weights['lm_head.weight'] ? 'lm_head' : 'model.embed_tokens'
  return xs.map((x) => linear(head, norm('model.norm.weight', x)))
}
