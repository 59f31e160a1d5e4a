/** Where an edit may change the picture: prompt-to-prompt's local blend (arXiv 2208.01626, section 4, "local editing"). */
import { nearestInterpolate } from '../../tensor/interpolate.ts'
import { float32 } from '../../tensor/tensor.ts'

/** The summed maps of a branch's words at one attention, summed over steps: [height * width] float32 each. */
export interface WordMaps {
  readonly height: number
  readonly width: number
  /** Heads that `source` and `target` are the mean of. */
  readonly heads: number
  readonly source: Float32Array
  readonly target: Float32Array
}

export interface AverageOptions {
  /** Of the latents. */
  readonly height: number
  readonly width: number
  /** Whether maps are widened by a 3x3 maximum at their own size; the reference does not for words left out. */
  readonly pool?: boolean
}

/** Both branches at the latents' size: [height * width] each. */
export interface BranchPair<T> {
  readonly source: T
  readonly target: T
}

/** Each size's maps averaged over heads and layers, pooled, brought to the latents' size and averaged by their number. */
export function averageMaps(maps: readonly WordMaps[], options: AverageOptions): BranchPair<Float32Array> {
  return { source: averageBranch(maps, 'source', options), target: averageBranch(maps, 'target', options) }
}

function averageBranch(
  maps: readonly WordMaps[],
  branch: 'source' | 'target',
  { height, width, pool = true }: AverageOptions,
): Float32Array {
  const sizes = new Map<string, WordMaps[]>()
  for (const map of maps) {
    const key = `${map.height}x${map.width}`
    sizes.set(key, [...(sizes.get(key) ?? []), map])
  }
  const total = new Float32Array(height * width)
  const allHeads = maps.reduce((sum, { heads }) => sum + heads, 0)
  for (const group of sizes.values()) {
    const size = { height: group[0]!.height, width: group[0]!.width }
    const sum = new Float32Array(size.height * size.width)
    for (const map of group) for (let i = 0; i < sum.length; i++) sum[i]! += map[branch][i]! * map.heads
    const pooled = pool ? maxPool3(sum, size.height, size.width) : sum
    const resized = nearestInterpolate(float32(pooled, [size.height, size.width]), height, width)
    for (let i = 0; i < total.length; i++) total[i]! += resized.data[i]! / allHeads
  }
  return total
}

/**
 * 1 where an average is above `threshold` times its largest value: [height * width] each; the target's mask has the
 * source's places too, so that what was there can go.
 */
export function blendMask(average: BranchPair<Float32Array>, threshold: number): BranchPair<Float32Array> {
  const source = aboveThreshold(average.source, threshold)
  const target = aboveThreshold(average.target, threshold)
  return { source, target: target.map((value, i) => Math.max(value, source[i]!)) }
}

function aboveThreshold(values: Float32Array, threshold: number): Float32Array {
  const largest = values.reduce((a, b) => Math.max(a, b), 0)
  return values.map((value) => (Math.fround(value / largest) > Math.fround(threshold) ? 1 : 0))
}

/** The largest of each 3x3 neighbourhood, [height * width]. */
function maxPool3(values: Float32Array, height: number, width: number): Float32Array {
  const row = alongAxis(values, width, 1, (i) => i % width)
  return alongAxis(row, height, width, (i) => Math.floor(i / width))
}

const alongAxis = (values: Float32Array, size: number, stride: number, place: (i: number) => number): Float32Array =>
  values.map((value, i) => {
    const before = place(i) > 0 ? values[i - stride]! : value
    const after = place(i) < size - 1 ? values[i + stride]! : value
    return Math.max(before, value, after)
  })

/** source + mask * (target - source); latents [c, h, w] of one branch each, mask [h, w]. */
export const blendLatents = (source: Float32Array, target: Float32Array, mask: Float32Array): Float32Array =>
  target.map((value, i) => source[i]! + mask[i % mask.length]! * (value - source[i]!))
