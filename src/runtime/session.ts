import * as ort from 'onnxruntime-node'
import { AppError } from '../contract/errors.ts'
import type { Tensor, TensorType } from '../tensor/tensor.ts'

/** Tensors by the names of a graph's inputs or outputs. */
export type Tensors = Readonly<Record<string, Tensor>>

/** A graph that is loaded and can be run. */
export interface Session {
  readonly name: string
  /** Bytes of the weights behind this session, as they lie in the checkpoint. */
  readonly weightBytes: number
  /**
   * Runs the graph. The native call is synchronous: it blocks this process's event loop until it is done, so only the
   * inference worker calls it. Input data is not copied on the CPU. Throws AppError `inference/failed`, or
   * `inference/out-of-memory` when memory ran out.
   */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Record<string, Tensor>>
  /** Gives its memory back; a second call does nothing. */
  release(): Promise<void>
}

/** Wraps an onnxruntime session. */
export function wrapSession(name: string, weightBytes: number, session: ort.InferenceSession): Session {
  return {
    name,
    weightBytes,
    async run(inputs, outputs) {
      try {
        const feeds: Record<string, ort.Tensor> = {}
        for (const [key, { dtype, data, shape }] of Object.entries(inputs))
          feeds[key] = new ort.Tensor(dtype, data as Float32Array, shape)
        const results = outputs ? await session.run(feeds, [...outputs]) : await session.run(feeds)
        return Object.fromEntries(Object.entries(results).map(([key, value]) => [key, toTensor(value)]))
      } catch (cause) {
        throw runtimeError(`running ${name}`, cause)
      }
    },
    release: () => session.release(),
  }
}

function toTensor(value: ort.OnnxValue): Tensor {
  const { type, dims, data } = value
  return { dtype: type as TensorType, shape: dims, data: data as Float32Array }
}

/** What onnxruntime threw, as an AppError; what is one already stays as it is. */
export function runtimeError(doing: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  if (/bad_alloc|allocat|out of memory|memory limit/i.test(message)) {
    return new AppError('inference/out-of-memory', {
      message: `${doing}: memory ran out (${message})`,
      hint: 'Ask for a smaller picture, or choose smaller models.',
      cause,
      retryable: true,
    })
  }
  return new AppError('inference/failed', { message: `${doing}: ${message}`, cause })
}
