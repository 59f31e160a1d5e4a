import { describe, expect, it } from 'vitest'
import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { embedTexts, type PromptScheme } from '../../../src/families/stable-diffusion/prompt-embeddings.ts'
import { chunked, weightedTokens } from '../../../src/families/stable-diffusion/prompt-tokens.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import { embedded } from './altered-folder.ts'
import { largestDifference } from './reference.ts'

const tokenizer = loadClipTokenizer(embedded('tokenizer'))
const encoder = await loadClipTextEncoder(embedded('text_encoder'), await createRuntime({ device: 'cpu' }))
const { bosTokenId: bos, eosTokenId: eos, padTokenId: pad } = tokenizer
const [red, car] = ['red', 'car'].map((word) => tokenizer.encode(word, { addSpecialTokens: false }))
const width = encoder.config.hidden_size

interface Options {
  readonly scheme?: PromptScheme
  readonly clipSkip?: number
  readonly maxChunks?: number
}

async function embed(prompt: string, negativePrompt = '', { scheme = 'weighted', clipSkip, maxChunks }: Options = {}) {
  const texts = [{ prompt, clipSkip }, { prompt: negativePrompt }]
  const [positive, negative] = await embedTexts({ tokenizer, encoder }, texts, { scheme, maxChunks })
  return { positive: positive!.embeddings, negative: negative!.embeddings }
}
const embedPlain = (prompt: string, negativePrompt = '') => embed(prompt, negativePrompt, { scheme: 'plain' })
const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length

/** n words of one token each. */
const words = (n: number) => new Array<string>(n).fill('red').join(' ')

describe('the tokens of a weighted prompt', () => {
  it('have the weight of the piece of text that they stand in', () => {
    expect(red).toHaveLength(1)
    const { ids, weights } = weightedTokens(tokenizer, '(red:1.5) car')
    expect(ids).toEqual([...red!, ...car!])
    expect(weights).toEqual([1.5, ...car!.map(() => 1)])
  })

  it('are cut to a limit, weights too', () => {
    const { ids, weights } = weightedTokens(tokenizer, words(9), 4)
    expect([ids.length, weights.length]).toEqual([4, 4])
  })

  it.each([
    [0, 1],
    [75, 1],
    [76, 2],
    [150, 2],
    [200, 3],
  ])('%d of them fill %d rows of 77, each from BOS to EOS', (tokens, chunks) => {
    const prompt = weightedTokens(tokenizer, words(tokens))
    expect(prompt.ids).toHaveLength(tokens)
    const { rows, weights } = chunked(tokenizer, prompt, chunks)
    expect(rows).toHaveLength(chunks)
    for (const row of rows) {
      expect(row).toHaveLength(77)
      expect([row[0], row[76]]).toEqual([bos, eos])
    }
    const inner = rows.flatMap((row) => row.slice(1, -1))
    expect(inner.slice(0, tokens)).toEqual(prompt.ids)
    expect(inner.slice(tokens).every((id) => id === pad)).toBe(true)
    expect(weights).toEqual(new Array(77 * chunks).fill(1))
  })

  it('keep their weights at their places over several rows', () => {
    const { weights } = chunked(tokenizer, weightedTokens(tokenizer, `${words(74)} (red:2) (car:0.5)`), 2)
    expect(weights.flatMap((weight, i) => (weight === 1 ? [] : [[i, weight]]))).toEqual([
      [75, 2],
      ...car!.map((_, i) => [77 + 1 + i, 0.5]),
    ])
  })
})

describe('prompt embeddings', () => {
  it('of a short prompt without brackets are those of the plain scheme', async () => {
    const [weighted, plain] = [await embed('a red car', 'blue'), await embedPlain('a red car', 'blue')]
    expect(weighted.positive.shape).toEqual([1, 77, width])
    expect(weighted).toEqual(plain)
  })

  it('take brackets literally in the plain scheme', async () => {
    expect((await embedPlain('(red:1.5) car')).positive.data).not.toEqual((await embed('(red:1.5) car')).positive.data)
    expect((await embed('(red:1.0) car')).positive.data).toEqual((await embedPlain('red car')).positive.data)
  })

  it('multiply the rows of weighted words and restore the mean', async () => {
    const [plain, weighted] = [(await embed('red car')).positive.data, (await embed('(red:1.5) car')).positive.data]
    expect(mean(weighted)).toBeCloseTo(mean(plain), 6)
    const raised = plain.map((value, i) => (Math.floor(i / width) === 1 ? 1.5 * value : value))
    const factor = mean(plain) / mean(raised)
    expect(factor).not.toBeCloseTo(1, 4)
    expect(
      largestDifference(
        weighted,
        raised.map((value) => value * factor),
      ),
    ).toBeLessThan(1e-4)
  })

  it('of a prompt of 200 tokens are three rows, each encoded alone, and the negative prompt is as long', async () => {
    const { positive, negative } = await embed(words(200), 'blue')
    expect([positive.shape, negative.shape]).toEqual([
      [1, 231, width],
      [1, 231, width],
    ])
    const first = await embedPlain(words(75))
    expect(largestDifference(positive.data.slice(0, 77 * width), first.positive.data)).toBeLessThan(1e-6)
    expect(largestDifference(positive.data.slice(154 * width), (await embed(words(50))).positive.data)).toBeLessThan(
      1e-6,
    )
    expect(
      largestDifference(negative.data.slice(0, 77 * width), (await embedPlain('blue')).positive.data),
    ).toBeLessThan(1e-6)
    expect(
      largestDifference(negative.data.slice(77 * width, 154 * width), (await embedPlain('')).positive.data),
    ).toBeLessThan(1e-6)
  })

  it('are as long as the longer of the two prompts', async () => {
    const { positive, negative } = await embed('red', words(100))
    expect([positive.shape[1], negative.shape[1]]).toEqual([154, 154])
  })

  it('are cut to the rows allowed', async () => {
    const { positive } = await embed(words(200), '', { maxChunks: 2 })
    expect(positive.shape[1]).toBe(154)
    expect(largestDifference(positive.data, (await embed(words(150))).positive.data)).toBeLessThan(1e-6)
  })

  it('are cut to 300 tokens as LLMGA does', async () => {
    const { positive } = await embed(words(400), '', { scheme: 'llmga' })
    expect(positive.shape[1]).toBe(4 * 77)
    expect(largestDifference(positive.data, (await embed(words(300))).positive.data)).toBeLessThan(1e-6)
  })

  it.each([['plain'], ['weighted']] as const)('say where each token of a prompt stands (%s)', async (scheme) => {
    const [text] = await embedTexts({ tokenizer, encoder }, [{ prompt: words(80) }], { scheme })
    const kept = scheme === 'plain' ? 75 : 80
    expect(text!.ids).toEqual(new Array(kept).fill(red![0]))
    expect(text!.places).toEqual([...Array(75).keys(), ...[77, 78, 79, 80, 81].slice(0, kept - 75)].map((at) => at + 1))
  })

  it('skip layers for the prompt only', async () => {
    const [skipped, whole] = [await embed('red', 'blue', { clipSkip: 1 }), await embed('red', 'blue')]
    expect(skipped.negative.data).toEqual(whole.negative.data)
    expect(skipped.positive.data).not.toEqual(whole.positive.data)
  })

  it('of nothing, of blanks and of signs that the tokenizer has never seen are numbers', async () => {
    for (const prompt of ['', '   ', '狐狸 🦊 \u0000', '((((', '())', '[]:1.5)', '(red:)', '(red:0) (car:-1)']) {
      const { positive } = await embed(prompt)
      expect(positive.shape).toEqual([1, 77, width])
      expect(positive.data.every(Number.isFinite)).toBe(true)
    }
  })
})
