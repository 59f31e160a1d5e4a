import { AppError } from '../../contract/errors.ts'

/** How a token is chosen from logits; what is absent leaves them as they are. */
export interface SamplingSettings {
  /** Logits are divided by it; 0 means greedy. Default 1. */
  readonly temperature?: number
  /** Only the k largest stay; 0 means all. */
  readonly topK?: number
  /** Only the most probable tokens that together have this share stay; 1 means all. */
  readonly topP?: number
  /** Logits of tokens that are there already are divided by it (multiplied, below zero); 1 means none. */
  readonly repetitionPenalty?: number
}

/** Checks ranges. Throws AppError `input/invalid-option` naming the setting. */
export function checkSampling(settings: SamplingSettings): void {
  const { temperature = 1, topK = 0, topP = 1, repetitionPenalty = 1 } = settings
  const refuse = (name: string, value: number, allowed: string) => {
    throw new AppError('input/invalid-option', {
      message: `${name} ${value} is not allowed`,
      hint: `Give ${name} ${allowed}.`,
    })
  }
  if (!(temperature >= 0 && Number.isFinite(temperature))) refuse('temperature', temperature, 'a number from 0')
  if (!(Number.isInteger(topK) && topK >= 0)) refuse('top-k', topK, 'a whole number from 0 (off)')
  if (!(topP > 0 && topP <= 1)) refuse('top-p', topP, 'a number above 0, up to 1 (off)')
  if (!(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)))
    refuse('repetition penalty', repetitionPenalty, 'a number above 0 (1 is off)')
}

/**
 * The logits that are sampled from, as a new array; -Infinity = left out. In this order: repetition penalty (CTRL, arXiv
 * 1909.05858), temperature (not 0), top-k, top-p (arXiv 1904.09751).
 */
export function processLogits(
  logits: Float32Array,
  previousIds: Iterable<number>,
  settings: SamplingSettings,
): Float32Array {
  const { temperature = 1, topK = 0, topP = 1, repetitionPenalty = 1 } = settings
  const processed = penalised(logits, previousIds, repetitionPenalty)
  if (temperature !== 1) for (let i = 0; i < processed.length; i++) processed[i]! /= temperature
  keepLargest(processed, topK)
  keepMostProbable(processed, topP)
  return processed
}

function penalised(logits: Float32Array, previousIds: Iterable<number>, penalty: number): Float32Array {
  const result = logits.slice()
  if (penalty === 1) return result
  for (const id of new Set(previousIds)) {
    const value = result[id]
    if (value !== undefined) result[id] = value < 0 ? value * penalty : value / penalty
  }
  return result
}

/** Leaves out what is smaller than the k-th largest; its equals stay. */
function keepLargest(logits: Float32Array, k: number): void {
  if (k === 0 || k >= logits.length) return
  const smallestKept = logits.toSorted().at(-k)!
  for (let i = 0; i < logits.length; i++) if (logits[i]! < smallestKept) logits[i] = -Infinity
}

/**
 * Leaves out, from the smallest up, what together has at most probability 1 - p; the largest always stays. Of n tokens
 * those with at most (1 - p) / n each are left out in any case; only the few others are put in order.
 */
function keepMostProbable(logits: Float32Array, p: number): void {
  if (p === 1) return
  const probabilities = softmax(logits)
  const negligible = (1 - p) / probabilities.length
  const others: number[] = []
  let cumulative = 0
  for (let id = 0; id < logits.length; id++) {
    if (probabilities[id]! > negligible) others.push(id)
    else {
      cumulative += probabilities[id]!
      logits[id] = -Infinity
    }
  }
  others.sort((a, b) => probabilities[a]! - probabilities[b]!)
  for (const id of others.slice(0, -1)) {
    cumulative += probabilities[id]!
    if (cumulative > 1 - p) return
    logits[id] = -Infinity
  }
}

/** exp(x - max) / sum, computed in double precision. */
export function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const weights = Float64Array.from(logits, (value) => Math.exp(value - largest))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}

/** The largest logit's place; of equals the first. */
export function largest(logits: Float32Array): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}

/** The token where the cumulative probability passes `uniform`, a number in [0, 1). */
export function drawToken(logits: Float32Array, uniform: number): number {
  const probabilities = softmax(logits)
  let cumulative = 0
  let last = 0
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue
    cumulative += probabilities[id]!
    last = id
    if (cumulative > uniform) return id
  }
  return last // rounding left the sum a little under 1
}

/** The next token: the largest where the temperature is 0, else drawn with `uniform()`, which is asked once. */
export function chooseToken(
  logits: Float32Array,
  previousIds: Iterable<number>,
  settings: SamplingSettings,
  uniform: () => number,
): number {
  if (settings.temperature === 0) return largest(penalised(logits, previousIds, settings.repetitionPenalty ?? 1))
  return drawToken(processLogits(logits, previousIds, settings), uniform())
}
