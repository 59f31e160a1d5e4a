import { readDecoderConfig } from '../../../src/families/llama/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/llama/decoder.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { loadTokenizer } from '../../../src/tokenizers/load-tokenizer.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

/** The golden kinds of language models, sampling and LLaVA. */
export const languageModelKinds: Record<string, GoldenKind> = {
  causal_lm: causalLm,
}

const cpu = () => createRuntime({ device: 'cpu' })

async function causalLm(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const folder = goldenCase.model()
  const tokenizer = loadTokenizer(folder)
  const decoder = await loadDecoder(openWeightFolder(folder, 'model'), readDecoderConfig(folder), await cpu())
  const { prompts, max_new_tokens: steps } = goldenCase.inputs as { prompts: string[]; max_new_tokens: number }
  check.json(
    'ids',
    prompts.map((prompt) => tokenizer.encode(prompt)),
  )
  const greedy: number[][] = []
  for (const i of prompts.keys()) {
    const ids = Array.from(goldenCase.tensor(`input.input_ids.${i}`).data, Number)
    const embeds = decoder.embed(ids)
    const all = await decoder.forward(embeds, decoder.createCache(), [...ids.keys()])
    check.tensor(`logits.${i}`, all.data, all.shape)
    const cache = decoder.createCache()
    await decoder.forward(decoder.embed(ids.slice(0, -1)), cache)
    check.tensor(`last_logits_cached.${i}`, (await decoder.forward(decoder.embed(ids.slice(-1)), cache)).data)
    const { logits, chosen } = await decodeGreedily(decoder, embeds, steps)
    check.tensor(`step_logits.${i}`, logits, [steps, decoder.config.vocabSize])
    greedy.push(chosen)
  }
  check.json('greedy_ids', greedy)
}

/** The logits before each of `steps` greedy tokens, and the tokens. */
async function decodeGreedily(decoder: Decoder, embeds: Float32Array, steps: number) {
  const cache = decoder.createCache()
  const logits: Float32Array[] = []
  const chosen: number[] = []
  for (let step = 0; step < steps; step++) {
    const next = await decoder.forward(step === 0 ? embeds : decoder.embed(chosen.slice(-1)), cache)
    logits.push(next.data)
    chosen.push(next.data.indexOf(next.data.reduce((a, b) => Math.max(a, b))))
  }
  return { logits: logits.flatMap((row) => [...row]), chosen }
}
