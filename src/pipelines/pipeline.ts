import type { InferenceEvent, InferenceResult } from '../contract/inference.ts'

/** What the worker lends a pipeline for one request. */
export interface PipelineContext {
  /** Aborted when the person cancels. */
  readonly signal: AbortSignal
  /**
   * Waits for this request's turn on the device. Await it before every native run (a UNet step, a token): between two
   * turns other requests run and a cancel arrives. Throws AppError `inference/cancelled` once `signal` is aborted.
   */
  turn(): Promise<void>
}

/** Events of a request between `started` and `done`/`error`, which the worker adds. */
export type PipelineEvent = Exclude<InferenceEvent, { type: 'started' | 'done' | 'error' }>

/** One task: a request against loaded models, as a stream of events that ends with the result. */
export type Pipeline<Request, Model> = (
  request: Request,
  model: Model,
  context: PipelineContext,
) => AsyncGenerator<PipelineEvent, InferenceResult>
