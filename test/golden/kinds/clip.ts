import path from 'node:path'
import { loadClipTextEncoder, pooledPosition } from '../../../src/families/clip/text-encoder.ts'
import { loadClipVisionTower } from '../../../src/families/clip/vision-tower.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import type { FloatTensor, Tensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

/** The golden kinds of both CLIP encoders. */
export const clipKinds: Record<string, GoldenKind> = {
  clip_text: clipText,
  sdxl_text: sdxlText,
  text_encoder: textEncoder,
  clip_vision: clipVision,
  clip_vision_projection: clipVisionProjection,
}

const rowsOf = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.slice(i * shape[1]!, (i + 1) * shape[1]!), Number))

const compare = (check: Checker, name: string, got: FloatTensor) => check.tensor(name, got.data, got.shape)

async function clipText(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const encoder = await loadClipTextEncoder(
    goldenCase.resolve(goldenCase.inputs['encoder'] as string),
    await goldenRuntime(),
  )
  const ids = rowsOf(goldenCase.tensor('input.input_ids'))
  check.json('ids', tokenize(goldenCase, 'tokenizer'))
  const plain = await encoder.encode(ids)
  compare(check, 'last_hidden_state', plain.lastHiddenState)
  compare(check, 'pooler_output', plain.pooled)
  compare(check, 'penultimate_hidden_state', plain.penultimate)
  compare(check, 'clip_skip_2', (await encoder.encode(ids, { clipSkip: 1 })).lastHiddenState)
}

const tokenize = (goldenCase: GoldenCase, name: string): number[][] => {
  const tokenizer = loadClipTokenizer(goldenCase.resolve(goldenCase.inputs[name] as string))
  return (goldenCase.inputs['prompts'] as string[]).map((prompt) => tokenizer.encodePadded(prompt))
}

/** SDXL: both encoders side by side; the second one's projection is the pooled embedding. */
async function sdxlText(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const load = async (name: string) =>
    loadClipTextEncoder(goldenCase.resolve(goldenCase.inputs[name] as string), await goldenRuntime())
  check.json('ids', tokenize(goldenCase, 'tokenizer'))
  check.json('ids_2', tokenize(goldenCase, 'tokenizer_2'))
  const [ids, ids2] = [rowsOf(goldenCase.tensor('input.input_ids')), rowsOf(goldenCase.tensor('input.input_ids_2'))]
  const encoder2 = await load('encoder_2')
  const first = await (await load('encoder')).encode(ids)
  const second = await encoder2.encode(ids2)
  const positions = ids2.map((row) => pooledPosition(row, encoder2.config.eos_token_id))
  check.json('pooled_position', positions)
  compare(check, 'penultimate_1', first.penultimate)
  compare(check, 'penultimate_2', second.penultimate)
  compare(check, 'prompt_embeds', besides(first.penultimate, second.penultimate))
  compare(check, 'pooler_output_1', first.pooled)
  check.that('text_embeds are given', second.textEmbeds !== undefined)
  if (second.textEmbeds) compare(check, 'pooled_text_embeds', second.textEmbeds)
}

/** Two [b, t, *] tensors joined on the last axis. */
function besides(a: FloatTensor, b: FloatTensor): FloatTensor {
  const [batch, tokens, left] = a.shape as [number, number, number]
  const right = b.shape[2]!
  const data = new Float32Array(batch * tokens * (left + right))
  for (let row = 0; row < batch * tokens; row++) {
    data.set(a.data.subarray(row * left, (row + 1) * left), row * (left + right))
    data.set(b.data.subarray(row * right, (row + 1) * right), row * (left + right) + left)
  }
  return { dtype: 'float32', data, shape: [batch, tokens, left + right] }
}

/** The diffusion part's kind: tokenizer and encoder of a pipeline folder, from prompts. */
async function textEncoder(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { text_encoder: encoderFolder, tokenizer: tokenizerFolder, prompts, projection } = goldenCase.inputs
  const tokenizer = loadClipTokenizer(path.join(goldenCase.model(), tokenizerFolder as string))
  const ids = (prompts as string[]).map((prompt) => tokenizer.encodePadded(prompt))
  check.tensor('input_ids', ids.flat(), [ids.length, ids[0]!.length])
  const encoder = await loadClipTextEncoder(
    path.join(goldenCase.model(), encoderFolder as string),
    await goldenRuntime(),
  )
  const features = await encoder.encode(ids)
  compare(check, 'last_hidden_state', features.lastHiddenState)
  compare(check, 'hidden_states_penultimate', features.penultimate)
  if (!projection) return compare(check, 'pooler_output', features.pooled)
  check.that('text_embeds are given', features.textEmbeds !== undefined)
  if (features.textEmbeds) compare(check, 'text_embeds', features.textEmbeds)
}

async function clipVision(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const tower = await loadClipVisionTower(goldenCase.model(), await goldenRuntime())
  const { hiddenStates, pooled } = await tower.encode(goldenCase.float('input.pixel_values'))
  const shape = [hiddenStates.length, ...hiddenStates[0]!.shape]
  const all = Float32Array.from(hiddenStates.flatMap(({ data }) => [...data]))
  check.tensor('hidden_states', all, shape)
  compare(check, 'last_hidden_state', hiddenStates.at(-1)!)
  compare(check, 'pooler_output', pooled)
  const { select_layer: layer, select_feature: feature } = goldenCase.inputs
  const chosen = hiddenStates.at(layer as number)!
  compare(check, 'features', feature === 'patch' ? withoutClassToken(chosen) : chosen)
}

function withoutClassToken({ data, shape }: FloatTensor): FloatTensor {
  const [batch, rows, width] = shape as [number, number, number]
  const kept = data.filter((_, i) => Math.floor(i / width) % rows !== 0)
  return { dtype: 'float32', data: kept, shape: [batch, rows - 1, width] }
}

async function clipVisionProjection(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const tower = await loadClipVisionTower(goldenCase.model(), await goldenRuntime())
  const { hiddenStates, imageEmbeds } = await tower.encode(goldenCase.float('input.pixel_values'))
  check.that('image_embeds are given', imageEmbeds !== undefined)
  if (imageEmbeds) compare(check, 'image_embeds', imageEmbeds)
  compare(check, 'penultimate_hidden_state', hiddenStates.at(-2)!)
}
