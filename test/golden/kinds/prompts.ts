import path from 'node:path'
import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { embedTexts, type TextReader } from '../../../src/families/stable-diffusion/prompt-embeddings.ts'
import { embedTextsXl } from '../../../src/families/stable-diffusion/prompt-embeddings-xl.ts'
import {
  chunked,
  grouped,
  literalTokens,
  weightedTokens,
} from '../../../src/families/stable-diffusion/prompt-tokens.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import { parsePromptWeights } from '../../../src/tokenizers/prompt-weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
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
    const texts = [{ prompt }, { prompt: negativePrompt }]
    const embedded = await embedTexts({ tokenizer, encoder }, texts, { scheme: 'weighted', maxChunks })
    const [positive, negative] = embedded.map(({ embeddings }) => embeddings)
    check.tensor(`prompt_embeds.${i}`, positive!.data, positive!.shape)
    check.tensor(`negative_prompt_embeds.${i}`, negative!.data, negative!.shape)
    const chunks = positive!.shape[1]! / tokenizer.modelMaxLength
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

const loadReader = async (goldenCase: GoldenCase, tokenizer: string, encoder: string): Promise<TextReader> => ({
  tokenizer: loadClipTokenizer(goldenCase.resolve(goldenCase.inputs[tokenizer] as string)),
  encoder: await loadClipTextEncoder(goldenCase.resolve(goldenCase.inputs[encoder] as string), await goldenRuntime()),
})

async function longPromptsXl(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { inputs, expected } = goldenCase
  const readers = [
    await loadReader(goldenCase, 'tokenizer', 'encoder'),
    await loadReader(goldenCase, 'tokenizer', 'encoder_2'),
  ] as const
  const { tokenizer } = readers[0]
  const negatives = inputs['negative_prompts'] as string[]
  for (const [i, prompt] of (inputs['prompts'] as string[]).entries()) {
    const texts = [prompt, negatives[i]!]
    const embedded = await embedTextsXl(
      readers,
      texts.map((text) => ({ prompt: text })),
      { scheme: 'weighted' },
    )
    const tokens = texts.map((text) => weightedTokens(tokenizer, text))
    const length = Math.max(...tokens.map(({ ids }) => ids.length))
    for (const [which, prefix] of ['', 'negative_'].entries()) {
      const { embeddings, pooled } = embedded[which]!
      check.tensor(`${prefix}prompt_embeds.${i}`, embeddings.data, embeddings.shape)
      check.tensor(`${prefix}pooled_prompt_embeds.${i}`, pooled!.data, pooled!.shape)
      const { rows, weights } = grouped(tokenizer, tokens[which]!, length)
      check.json(`${prefix}group_ids.${i}`, rows, (expected[`${prefix}group_ids`] as unknown[])[i])
      const expectedWeights = (expected[`${prefix}group_weights`] as number[][][])[i]!.flat()
      check.floats(`${prefix}group_weights.${i}`, weights, expectedWeights, exact)
    }
  }
  for (const { encoder } of readers) await encoder.release()
}

async function llmgaPromptsXl(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { inputs, expected } = goldenCase
  const readers = [
    await loadReader(goldenCase, 'tokenizer', 'encoder'),
    await loadReader(goldenCase, 'tokenizer_2', 'encoder_2'),
  ] as const
  const maxChunks = inputs['max_embeddings_multiples'] as number
  for (const [i, prompt] of (inputs['prompts'] as string[]).entries()) {
    const [embedded] = await embedTextsXl(readers, [{ prompt }], { scheme: 'llmga', maxChunks })
    const { embeddings, pooled } = embedded!
    check.tensor(`prompt_embeds.${i}`, embeddings.data, embeddings.shape)
    check.tensor(`pooled_prompt_embeds.${i}`, pooled!.data, pooled!.shape)
    check.that(`sequence_length.${i}`, embeddings.shape[1] === (expected['sequence_length'] as number[])[i])
    for (const [which, name] of ['chunk_ids', 'chunk_ids_2'].entries()) {
      const { tokenizer } = readers[which]!
      const chunkIds = (expected[name] as unknown[][])[i]!
      const tokens = literalTokens(tokenizer, prompt, maxChunks * 75)
      check.json(`${name}.${i}`, chunked(tokenizer, tokens, chunkIds.length).rows, chunkIds)
    }
  }
  for (const { encoder } of readers) await encoder.release()
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
    const texts = [{ prompt }, { prompt: negativePrompt }]
    const embedded = await embedTexts({ tokenizer, encoder }, texts, { scheme: 'weighted', maxChunks })
    const [positive, negative] = embedded.map(({ embeddings }) => embeddings)
    const { ids, weights } = weightedTokens(tokenizer, prompt, maxChunks * 75)
    checkParsed(check, `${i}.parsed`, prompt, expected[i]!['parsed'] as [string, number][])
    check.json(`${i}.tokens`, [...ids], expected[i]!['tokens'])
    check.floats(`${i}.weights`, weights, expected[i]!['weights'] as number[], exact)
    check.that(`${i}.embeds_length`, positive!.shape[1] === expected[i]!['embeds_length'])
    check.tensor(`${i}.prompt_embeds`, positive!.data, positive!.shape)
    check.tensor(`${i}.negative_embeds`, negative!.data, negative!.shape)
  }
  await encoder.release()
}

const exact = { abs: 1e-12, rel: 1e-12 }

export const promptKinds: Record<string, GoldenKind> = {
  prompt_weights_parse: parse,
  lpw_sd15: longPrompts,
  lpw_sdxl_community: longPromptsXl,
  llmga_sdxl_long: llmgaPromptsXl,
  prompt_weighting: promptWeighting,
}
