import path from 'node:path'
import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { chunked, embedPrompts, weightedTokens } from '../../../src/families/stable-diffusion/prompt-embeddings.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import { parsePromptWeights } from '../../../src/tokenizers/prompt-weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../cpu.ts'
import type { GoldenKind } from '../runner.ts'

/** Texts exactly, weights to 1e-12. */
function checkParsed(check: Checker, name: string, prompt: string, expected: readonly (readonly [string, number])[]) {
  const parsed = parsePromptWeights(prompt)
  check.json(
    `${name} texts`,
    parsed.map(([text]) => text),
    expected.map(([text]) => text),
  )
  check.floats(
    `${name} weights`,
    parsed.map(([, weight]) => weight),
    expected.map(([, weight]) => weight),
    exact,
  )
}

function parse({ inputs, expected }: GoldenCase, check: Checker): void {
  const parsed = expected['parsed'] as [string, number][][]
  for (const [i, prompt] of (inputs['strings'] as string[]).entries()) checkParsed(check, `${i}`, prompt, parsed[i]!)
}

async function longPrompts(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { inputs, expected } = goldenCase
  const tokenizer = loadClipTokenizer(goldenCase.resolve(inputs['tokenizer'] as string))
  const encoder = await loadClipTextEncoder(goldenCase.resolve(inputs['encoder'] as string), await goldenRuntime())
  const negatives = inputs['negative_prompts'] as string[]
  const maxChunks = inputs['max_embeddings_multiples'] as number
  for (const [i, prompt] of (inputs['prompts'] as string[]).entries()) {
    const negativePrompt = negatives[i]!
    const options = { scheme: 'weighted', maxChunks } as const
    const embeddings = await embedPrompts(tokenizer, encoder, { prompt, negativePrompt }, options)
    check.tensor(`prompt_embeds.${i}`, embeddings.positive.data, embeddings.positive.shape)
    check.tensor(`negative_prompt_embeds.${i}`, embeddings.negative.data, embeddings.negative.shape)
    const chunks = embeddings.positive.shape[1]! / tokenizer.modelMaxLength
    for (const [prefix, text] of [
      ['', prompt],
      ['negative_', negativePrompt],
    ] as const) {
      const { rows, weights } = chunked(tokenizer, weightedTokens(tokenizer, text, maxChunks * 75), chunks)
      check.json(`${prefix}chunk_ids.${i}`, rows, (expected[`${prefix}chunk_ids`] as unknown[])[i])
      check.floats(`${prefix}weights.${i}`, weights, (expected[`${prefix}weights`] as number[][])[i]!)
    }
  }
  await encoder.release()
}

interface WeightedPrompt {
  readonly prompt: string
  readonly negative: string
  readonly max_embeddings_multiples: number
}

async function promptWeighting(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const tokenizer = loadClipTokenizer(path.join(goldenCase.model(), 'tokenizer'))
  const encoder = await loadClipTextEncoder(path.join(goldenCase.model(), 'text_encoder'), await goldenRuntime())
  const expected = goldenCase.expected['prompts'] as Record<string, unknown>[]
  for (const [i, item] of (goldenCase.inputs['prompts'] as WeightedPrompt[]).entries()) {
    const { prompt, negative: negativePrompt, max_embeddings_multiples: maxChunks } = item
    const { positive, negative } = await embedPrompts(
      tokenizer,
      encoder,
      { prompt, negativePrompt },
      { scheme: 'weighted', maxChunks },
    )
    const { ids, weights } = weightedTokens(tokenizer, prompt, maxChunks * 75)
    checkParsed(check, `${i}.parsed`, prompt, expected[i]!['parsed'] as [string, number][])
    check.json(`${i}.tokens`, [...ids], expected[i]!['tokens'])
    check.floats(`${i}.weights`, weights, expected[i]!['weights'] as number[], exact)
    check.that(`${i}.embeds_length`, positive.shape[1] === expected[i]!['embeds_length'])
    check.tensor(`${i}.prompt_embeds`, positive.data, positive.shape)
    check.tensor(`${i}.negative_embeds`, negative.data, negative.shape)
  }
  await encoder.release()
}

const exact = { abs: 1e-12, rel: 1e-12 }

export const promptKinds: Record<string, GoldenKind> = {
  prompt_weights_parse: parse,
  lpw_sd15: longPrompts,
  prompt_weighting: promptWeighting,
}
