/** How SDXL reads prompts: both encoders' states before their last layer side by side, and one pooled vector. */
import { roundToHalf } from '../../tensor/half.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import {
  endToEnd,
  llmgaChunks,
  placesOf,
  type PromptEmbedding,
  type PromptOptions,
  type PromptText,
  type TextReader,
} from './prompt-embeddings.ts'
import {
  chunked,
  chunksFor,
  chunkTokens,
  grouped,
  literalTokens,
  padded,
  weightedTokens,
  type PromptChunks,
} from './prompt-tokens.ts'

/** SDXL's two readers, in the order of their embeddings. */
export type TextReaders = readonly [first: TextReader, second: TextReader]

/** Texts as SDXL reads them, all of one length. */
export async function embedTextsXl(
  readers: TextReaders,
  texts: readonly PromptText[],
  { scheme, maxChunks }: PromptOptions,
): Promise<PromptEmbedding[]> {
  if (scheme === 'weighted') return embedGrouped(readers, texts, maxChunks)
  return scheme === 'plain' ? embedPlain(readers, texts) : embedUnweighted(readers, texts, maxChunks)
}

/**
 * diffusers' community pipeline lpw_stable_diffusion_xl: groups of 75 of which the last is not padded; a weighted
 * place is moved along the line from the last place of its group; weights are rounded to fp16; the pooled vector is the
 * last group's. Both encoders read the first tokenizer's ids; a second prompt follows the first.
 */
async function embedGrouped(readers: TextReaders, texts: readonly PromptText[], maxChunks = Infinity) {
  const { tokenizer } = readers[0]
  const limit = maxChunks * chunkTokens(tokenizer)
  const tokens = texts.map(({ prompt, prompt2 }) =>
    weightedTokens(tokenizer, prompt2 ? `${prompt} ${prompt2}` : prompt, limit),
  )
  const length = Math.max(...tokens.map(({ ids }) => ids.length))
  const embedded: PromptEmbedding[] = []
  for (const [i, text] of texts.entries()) {
    const groups = grouped(tokenizer, tokens[i]!, length)
    const { states, pooled } = await encodeRows(readers, [groups, groups], text.clipSkip)
    let at = 0
    const parts = states.map((state) => fromLast(state, groups.weights.slice(at, (at += state.shape[1]!))))
    const { ids } = tokens[i]!
    embedded.push({ embeddings: endToEnd(parts), pooled, ids, places: placesOf(tokenizer, ids, 2) })
  }
  return embedded
}

/** diffusers' own: one row of each tokenizer, brackets are text. */
async function embedPlain(readers: TextReaders, texts: readonly PromptText[]) {
  const embedded: PromptEmbedding[] = []
  for (const text of texts) {
    const tokens = literal(readers, text, 1)
    const rows = tokens.map((part, which) => padded(readers[which]!.tokenizer, part))
    const { states, pooled } = await encodeRows(readers, rows, text.clipSkip)
    const { ids } = tokens[0]!
    embedded.push({ embeddings: states[0]!, pooled, ids, places: placesOf(readers[0].tokenizer, ids, 0) })
  }
  return embedded
}

/**
 * LLMGA's: without weights, rows of 77 whose EOS stands last only. BOS and EOS between rows are dropped (75 k + 2
 * places); the pooled vector is the last row's.
 */
async function embedUnweighted(readers: TextReaders, texts: readonly PromptText[], maxChunks = llmgaChunks) {
  const tokens = texts.map((text) => literal(readers, text, maxChunks))
  const lengths = readers.map(({ tokenizer }, which) =>
    chunksFor(
      tokenizer,
      tokens.map((parts) => parts[which]!),
    ),
  )
  const chunks = Math.max(...lengths)
  const embedded: PromptEmbedding[] = []
  for (const [i, { clipSkip }] of texts.entries()) {
    const rows = tokens[i]!.map((part, which) => chunked(readers[which]!.tokenizer, part, chunks))
    const { states, pooled } = await encodeRows(readers, rows, clipSkip)
    const parts = states.map((state, row) => inner(state, row === 0, row === chunks - 1))
    const { ids } = tokens[i]![0]!
    embedded.push({ embeddings: endToEnd(parts), pooled, ids, places: placesOf(readers[0].tokenizer, ids, 0) })
  }
  return embedded
}

/** Each tokenizer's tokens of its own prompt. */
const literal = (readers: TextReaders, { prompt, prompt2 = prompt }: PromptText, maxChunks: number) =>
  readers.map(({ tokenizer }, which) =>
    literalTokens(tokenizer, which === 0 ? prompt : prompt2, maxChunks * chunkTokens(tokenizer)),
  )

/** Rows read alone by both encoders: [1, t, d1 + d2] for each, and the last row's projected text [1, p]. */
async function encodeRows(
  [first, second]: TextReaders,
  [firstRows, secondRows]: readonly PromptChunks[],
  clipSkip = 0,
) {
  const states: FloatTensor[] = []
  let pooled: FloatTensor | undefined
  for (const [i, row] of firstRows!.rows.entries()) {
    const a = await first.encoder.encode([row], { clipSkip })
    const b = await second.encoder.encode([secondRows!.rows[i]!], { clipSkip })
    states.push(besides(a.penultimate, b.penultimate))
    pooled = b.textEmbeds
  }
  if (!pooled) throw new RangeError('SDXL: the second text encoder has no projection')
  return { states, pooled }
}

/** [1, t, a] and [1, t, b] -> [1, t, a + b]. */
function besides(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [, places, left] = a.shape as [number, number, number]
  const right = b.shape[2]!
  const data = new Float32Array(places * (left + right))
  for (let i = 0; i < places; i++) {
    data.set(a.data.subarray(i * left, (i + 1) * left), i * (left + right))
    data.set(b.data.subarray(i * right, (i + 1) * right), i * (left + right) + left)
  }
  return float32(data, [1, places, left + right])
}

/** last + (place - last) * weight for each place of a group. */
function fromLast({ data, shape }: FloatTensor, weights: readonly number[]): FloatTensor {
  const [, places, width] = shape as [number, number, number]
  const last = data.subarray((places - 1) * width)
  const moved = data.map((value, i) => {
    const weight = roundToHalf(weights[Math.floor(i / width)]!)
    return weight === 1 ? value : last[i % width]! + (value - last[i % width]!) * weight
  })
  return float32(moved, shape)
}

/** A row without the ends that lie between rows. */
function inner({ data, shape }: FloatTensor, isFirst: boolean, isLast: boolean): FloatTensor {
  const [, places, width] = shape as [number, number, number]
  const [from, to] = [isFirst ? 0 : 1, isLast ? places : places - 1]
  return float32(data.slice(from * width, to * width), [1, to - from, width])
}
