import type { Runtime } from '../../runtime/runtime.ts'
import { float32, int64, type FloatTensor, type Tensor } from '../../tensor/tensor.ts'
import { readWeight, type WeightEntry } from '../../weights/safetensors.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import { AppError } from '../../contract/errors.ts'
import { newTokenBias, windowPastBias } from './attention-bias.ts'
import type { DecoderConfig } from './decoder-config.ts'
import { decoderGraph } from './decoder-graph.ts'
import { KvCache } from './kv-cache.ts'
import { rotaryRegime, rotaryTables } from './rope.ts'

/** A causal language model over embeddings, with its state kept by the caller. */
export interface Decoder {
  readonly config: DecoderConfig
  /** Rows of the embedding table: float32 [ids, width]. Throws AppError `input/invalid-option` for an unknown id. */
  embed(ids: readonly number[]): Float32Array
  createCache(): KvCache
  /**
   * Readies `cache` for a sequence of `length` positions: empties it where the model turns the keys of a sequence of that
   * length otherwise (longrope), so that all of it must be run again. To be called before the runs that fill it so far.
   */
  prepare(cache: KvCache, length: number): void
  /**
   * Runs t new tokens, `embeds` float32 [t, width], after those in `cache`, and puts them into it. Returns the logits
   * [rows, vocabulary] after the tokens whose places are in `rows`, by default only the last. `length` is the number of
   * positions that the sequence is about to have, where it is run in pieces; by default what it has after this run.
   * Throws AppError `input/too-long` when the positions are used up.
   */
  forward(embeds: Float32Array, cache: KvCache, rows?: readonly number[], length?: number): Promise<FloatTensor>
  release(): Promise<void>
}

/** Loads the decoder whose tensors lie in `map` under the names of LlamaForCausalLM. */
export async function loadDecoder(map: WeightMap, config: DecoderConfig, runtime: Runtime): Promise<Decoder> {
  const table = new Weights(map).at('model.embed_tokens').shaped('weight', [config.vocabSize, config.width])
  const session = await runtime.load(decoderGraph(map, config), { packWeights: false })
  return {
    config,
    embed: (ids) => readRows(table, ids),
    createCache: () => new KvCache(config),
    prepare: (cache, length) => {
      if (cache.regime !== rotaryRegime(config.rope, length)) cache.truncate(0)
    },
    forward: async (embeds, cache, rows, length) => {
      const count = embeds.length / config.width
      const end = cache.length + count
      checkRoom(config, end)
      const until = Math.max(end, length ?? end)
      enterRegime(cache, rotaryRegime(config.rope, until))
      const outputs = await session.run(stepInputs(config, until, embeds, cache, rows ?? [count - 1]))
      const layers = (name: string) =>
        Array.from({ length: config.layers }, (_, n) => outputs[`${name}_${n}`]!.data as Float32Array)
      cache.append(count, layers('key'), layers('value'))
      return outputs['logits'] as FloatTensor
    },
    release: () => session.release(),
  }
}

function enterRegime(cache: KvCache, regime: number): void {
  if (cache.length > 0 && cache.regime !== regime)
    throw new RangeError('the cache holds keys turned for a sequence of another length: call prepare first')
  cache.regime = regime
}

function stepInputs(
  config: DecoderConfig,
  length: number,
  embeds: Float32Array,
  cache: KvCache,
  rows: readonly number[],
): Record<string, Tensor> {
  const { width, headDim, kvHeads, rope } = config
  const count = embeds.length / width
  const { cos, sin } = rotaryTables(rope, cache.length, count, length)
  const inputs: Record<string, Tensor> = {
    embeds: float32(embeds, [count, width]),
    cos: float32(cos, [count, rope.dims / 2]),
    sin: float32(sin, [count, rope.dims / 2]),
    ...scoreBiases(config, cache, count),
    rows: int64(rows),
  }
  for (let n = 0; n < config.layers; n++) {
    inputs[`past_key_${n}`] = float32(cache.keys[n]!, [kvHeads, headDim, cache.capacity])
    inputs[`past_value_${n}`] = float32(cache.values[n]!, [kvHeads, cache.capacity, headDim])
  }
  return inputs
}

/** The biases of layers without and with a window, as far as there are such layers. */
function scoreBiases({ heads, kvHeads, windows }: DecoderConfig, cache: KvCache, count: number) {
  const group = heads / kvHeads
  const inputs: Record<string, Tensor> = {}
  if (windows.includes(undefined)) {
    inputs['past_bias'] = float32(cache.bias, [1, cache.capacity])
    inputs['new_bias'] = float32(newTokenBias(group, count), [group * count, count])
  }
  const window = windows.find((size) => size !== undefined)
  if (window !== undefined) {
    inputs['window_past_bias'] = float32(windowPastBias(group, count, cache, window), [group * count, cache.capacity])
    inputs['window_new_bias'] = float32(newTokenBias(group, count, window), [group * count, count])
  }
  return inputs
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
