import { maskedScore } from '../../graph/ops.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { float32, int64, type FloatTensor, type Tensor } from '../../tensor/tensor.ts'
import { readWeight, type WeightEntry } from '../../weights/safetensors.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import { AppError } from '../../contract/errors.ts'
import type { DecoderConfig } from './decoder-config.ts'
import { decoderGraph } from './decoder-graph.ts'
import { KvCache } from './kv-cache.ts'
import { rotaryFrequencies, rotaryTables } from './rope.ts'

/** A causal language model over embeddings, with its state kept by the caller. */
export interface Decoder {
  readonly config: DecoderConfig
  /** Rows of the embedding table: float32 [ids, width]. Throws AppError `input/invalid-option` for an unknown id. */
  embed(ids: readonly number[]): Float32Array
  createCache(): KvCache
  /**
   * Runs t new tokens, `embeds` float32 [t, width], after those in `cache`, and puts them into it. Returns the logits
   * [rows, vocabulary] after the tokens whose places are in `rows`, by default only the last.
   * Throws AppError `input/too-long` when the positions are used up.
   */
  forward(embeds: Float32Array, cache: KvCache, rows?: readonly number[]): Promise<FloatTensor>
  release(): Promise<void>
}

/** Loads the decoder whose tensors lie in `map` under the names of LlamaForCausalLM. */
export async function loadDecoder(map: WeightMap, config: DecoderConfig, runtime: Runtime): Promise<Decoder> {
  const table = new Weights(map).at('model.embed_tokens').shaped('weight', [config.vocabSize, config.width])
  const session = await runtime.load(decoderGraph(map, config), { packWeights: false })
  const frequencies = rotaryFrequencies(config.headDim, config.rope)
  return {
    config,
    embed: (ids) => readRows(table, ids),
    createCache: () => new KvCache(config),
    forward: async (embeds, cache, rows) => {
      const count = embeds.length / config.width
      checkRoom(config, cache.length + count)
      const outputs = await session.run(stepInputs(config, frequencies, embeds, cache, rows ?? [count - 1]))
      const layers = (name: string) =>
        Array.from({ length: config.layers }, (_, n) => outputs[`${name}_${n}`]!.data as Float32Array)
      cache.append(count, layers('key'), layers('value'))
      return outputs['logits'] as FloatTensor
    },
    release: () => session.release(),
  }
}

function stepInputs(
  config: DecoderConfig,
  frequencies: Float64Array,
  embeds: Float32Array,
  cache: KvCache,
  rows: readonly number[],
): Record<string, Tensor> {
  const { width, headDim, kvHeads, heads } = config
  const count = embeds.length / width
  const { cos, sin } = rotaryTables(frequencies, cache.length, count)
  const group = heads / kvHeads
  const inputs: Record<string, Tensor> = {
    embeds: float32(embeds, [count, width]),
    cos: float32(cos, [count, headDim / 2]),
    sin: float32(sin, [count, headDim / 2]),
    past_bias: float32(cache.bias, [1, cache.capacity]),
    new_bias: float32(causalBias(group, count), [group * count, count]),
    rows: int64(rows),
  }
  for (let n = 0; n < config.layers; n++) {
    inputs[`past_key_${n}`] = float32(cache.keys[n]!, [kvHeads, headDim, cache.capacity])
    inputs[`past_value_${n}`] = float32(cache.values[n]!, [kvHeads, cache.capacity, headDim])
  }
  return inputs
}

/** [group * count, count]: row g * count + i sees columns 0..i. */
function causalBias(group: number, count: number): Float32Array {
  const bias = new Float32Array(group * count * count)
  for (let row = 0; row < group * count; row++)
    bias.fill(maskedScore, row * count + (row % count) + 1, (row + 1) * count)
  return bias
}

/** Rows of a table, read where they lie: the table itself never enters memory. */
function readRows(table: WeightEntry, ids: readonly number[]): Float32Array {
  const [count, width] = table.shape as [number, number]
  const length = table.length / count
  const rows = new Float32Array(ids.length * width)
  ids.forEach((id, i) => {
    if (!Number.isInteger(id) || id < 0 || id >= count)
      throw new AppError('input/invalid-option', {
        message: `token id ${id} is not in the vocabulary of ${count}`,
        hint: 'The tokenizer does not belong to this checkpoint.',
      })
    const row = { ...table, shape: [width], offset: table.offset + id * length, length }
    rows.set(readWeight(row).data as Float32Array, i * width)
  })
  return rows
}

function checkRoom({ contextLength }: DecoderConfig, length: number): void {
  if (length <= contextLength) return
  throw new AppError('input/too-long', {
    message: `the conversation needs ${length} tokens, the model has room for ${contextLength}`,
    hint: 'Start a new thread, or write less.',
  })
}
