import { maskedScore } from '../../graph/ops.ts'

/** Who sees whom among `count` new tokens: [group * count, count], row g * count + i sees i and the `window` - 1 before. */
export function newTokenBias(group: number, count: number, window = Infinity): Float32Array {
  const bias = new Float32Array(group * count * count).fill(maskedScore)
  for (let row = 0; row < group * count; row++) {
    const own = row % count
    bias.fill(0, row * count + Math.max(0, own - window + 1), row * count + own + 1)
  }
  return bias
}

/**
 * What new tokens see of a past of `length` positions through a sliding window, which counts the token itself
 * (arXiv 2310.06825): [group * count, capacity], row g * count + i stands at position length + i.
 */
export function windowPastBias(
  group: number,
  count: number,
  past: { readonly length: number; readonly capacity: number },
  window: number,
): Float32Array {
  const bias = new Float32Array(group * count * past.capacity).fill(maskedScore)
  for (let row = 0; row < group * count; row++) {
    const first = Math.max(0, past.length + (row % count) - window + 1)
    const start = row * past.capacity
    if (first < past.length) bias.fill(0, start + first, start + past.length)
  }
  return bias
}
