import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { loadClipVisionTower } from '../../../src/families/clip/vision-tower.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import type { FloatTensor, Tensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

/** The golden kinds of both CLIP encoders. */
export const clipKinds: Record<string, GoldenKind> = {
  clip_text: clipText,
  clip_vision: clipVision,
  clip_vision_projection: clipVisionProjection,
}

const rowsOf = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.slice(i * shape[1]!, (i + 1) * shape[1]!), Number))

const compare = (check: Checker, name: string, got: FloatTensor) => check.tensor(name, got.data, got.shape)

async function clipText(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const encoder = await loadClipTextEncoder(goldenCase.resolve(goldenCase.inputs['encoder'] as string), await cpu())
  const ids = rowsOf(goldenCase.tensor('input.input_ids'))
  const plain = await encoder.encode(ids)
  compare(check, 'last_hidden_state', plain.lastHiddenState)
  compare(check, 'pooler_output', plain.pooled)
  compare(check, 'penultimate_hidden_state', plain.penultimate)
  compare(check, 'clip_skip_2', (await encoder.encode(ids, { clipSkip: 1 })).lastHiddenState)
}

async function clipVision(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const tower = await loadClipVisionTower(goldenCase.model(), await cpu())
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
  const tower = await loadClipVisionTower(goldenCase.model(), await cpu())
  const { hiddenStates, imageEmbeds } = await tower.encode(goldenCase.float('input.pixel_values'))
  check.that('image_embeds are given', imageEmbeds !== undefined)
  if (imageEmbeds) compare(check, 'image_embeds', imageEmbeds)
  compare(check, 'penultimate_hidden_state', hiddenStates.at(-2)!)
}

const cpu = () => createRuntime({ device: 'cpu' })
