import { sizeOf, float32, type FloatTensor } from '../../tensor/tensor.ts'

/** Two tensors of one shape, one after the other on the batch axis. */
export function stackBatch(a: FloatTensor, b: FloatTensor): FloatTensor {
  const data = new Float32Array(a.data.length + b.data.length)
  data.set(a.data)
  data.set(b.data, a.data.length)
  return float32(data, [a.shape[0]! + b.shape[0]!, ...a.shape.slice(1)])
}

/**
 * Classifier-free guidance (arXiv 2207.12598): u + g (c - u), from an output [2, ...] with the unconditional half
 * first. With `rescale` phi the result is mixed with itself brought to the standard deviation of the conditional half
 * (arXiv 2305.08891, section 3.4).
 */
export function guide(output: FloatTensor, guidanceScale: number, rescale = 0): Float32Array {
  const size = sizeOf(output.shape) / output.shape[0]!
  const unconditional = output.data.subarray(0, size)
  const conditional = output.data.subarray(size, 2 * size)
  const guided = unconditional.map((u, i) => u + guidanceScale * (conditional[i]! - u))
  if (rescale === 0) return guided
  const factor = standardDeviation(conditional) / standardDeviation(guided)
  return guided.map((value) => rescale * (value * factor) + (1 - rescale) * value)
}

/** Unbiased, as torch's Tensor.std. */
function standardDeviation(values: Float32Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1))
}
