import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { stackBatch } from './guidance.ts'

/**
 * What the UNet is told beside sample and timestep, for one row of its batch: inputs by their names in the graph, each
 * [1, ...]. Graph variants add their own (an image prompt's tokens, a ControlNet's residuals).
 */
export interface Conditioning {
  /** [1, tokens, d] */
  readonly encoder_hidden_states: FloatTensor
  /** SDXL: pooled text [1, p]. */
  readonly text_embeds?: FloatTensor
  /** SDXL: [1, 6], (original height, width, crop top, left, target height, width). */
  readonly time_ids?: FloatTensor
  readonly [input: string]: FloatTensor | undefined
}

/** Rows one after the other on the batch axis, in the order of a batch: negative first, then positive. */
export function stackConditioning(rows: readonly Conditioning[]): Record<string, FloatTensor> {
  const [first, ...rest] = rows
  if (!first) return {}
  const names = Object.keys(first).filter((name) => first[name] !== undefined)
  return Object.fromEntries(
    names.map((name) => [name, rest.reduce((batch, row) => stackBatch(batch, row[name]!), first[name]!)]),
  )
}

/** One value for each row of a batch: [rows] float32. */
export const perRow = (value: number, rows: number): FloatTensor => float32(new Float32Array(rows).fill(value), [rows])
