import path from 'node:path'
import { AppError } from '../../src/contract/errors.ts'
import type { GeneratedImage, InferenceResult, StepEvent, TextToImageRequest } from '../../src/contract/inference.ts'
import type { DenoiserInputs } from '../../src/families/stable-diffusion/denoiser.ts'
import { partsOf } from '../../src/families/stable-diffusion/stable-diffusion.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { loadPictureModel, type PictureModel } from '../../src/pipelines/picture-model.ts'
import type { PipelineContext, PipelineEvent } from '../../src/pipelines/pipeline.ts'
import { textToImage } from '../../src/pipelines/text-to-image.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'

/** What the embedded preset says of its model. */
export const about = {
  role: 't2i',
  settings: {
    defaults: { sampler: 'ddim', steps: 20, guidanceScale: 5, width: 128, height: 128 },
    scheduler: { timestep_spacing: 'leading', steps_offset: 1 },
  },
  identity: { name: 'llmga-tiny', sha256: 'abc' },
  versions: { program: '1.2.3' },
} as const
export const folder = partsOf(path.resolve('models/llmga-tiny/sd-t2i'))
export const runtime = await createRuntime({ device: 'cpu' })
export const model = await loadPictureModel(folder, runtime, about)

/** The embedded model that fills in; tokenizer and autoencoder are the other one's. */
export const loadInpaintModel = (): Promise<PictureModel> => {
  const shared = new Set(['tokenizer', 'vae'])
  const own = partsOf(path.resolve('models/llmga-tiny/sd-inpaint'))
  return loadPictureModel((part) => (shared.has(part) ? folder(part) : own(part)), runtime, {
    ...about,
    role: 'inpaint',
  })
}

export interface Drawn {
  readonly steps: readonly StepEvent[]
  readonly images: readonly GeneratedImage[]
  readonly result: InferenceResult
}

/** A small quick picture unless the request says otherwise. */
export const quick = { kind: 'text-to-image', prompt: 'a red car', seed: 7, steps: 3, width: 64, height: 64 } as const

type Wanted = Partial<Omit<TextToImageRequest, 'kind'>>

export const draw = (
  wanted: Wanted = {},
  { with: asked = model, abortAfter }: { with?: PictureModel; abortAfter?: number } = {},
): Promise<Drawn> => collect((context) => textToImage({ ...quick, ...wanted }, asked, context), abortAfter)

/** Runs a pipeline to its end; cancels it after a step if so asked. */
export async function collect(
  start: (context: PipelineContext) => AsyncGenerator<PipelineEvent, InferenceResult>,
  abortAfter?: number,
): Promise<Drawn> {
  const abort = new AbortController()
  // As the worker's turn: once the request is aborted, it throws.
  const turn = async () => {
    if (abort.signal.aborted) throw new AppError('inference/cancelled', { message: 'the request was cancelled' })
  }
  const running = start({ signal: abort.signal, turn })
  const [steps, images]: [StepEvent[], GeneratedImage[]] = [[], []]
  for (;;) {
    const next = await running.next()
    if (next.done) return { steps, images, result: next.value }
    if (next.value.type === 'step') steps.push(next.value)
    if (next.value.type === 'image') images.push(next.value.image)
    if (next.value.type === 'step' && next.value.step === abortAfter) abort.abort()
  }
}

/** The pixels of a picture that was drawn. */
export async function pixelsOf({ images }: Drawn, which = 0) {
  const { data } = await decodeImage(images[which]!.png, { limits: { maxBytes: 1e8, maxPixels: 1e8 } })
  return data
}

/** The same model, whose UNet's inputs are noted. */
export function watched(asked = model): { with: PictureModel; seen: DenoiserInputs[] } {
  const seen: DenoiserInputs[] = []
  const { denoiser } = asked.pipeline
  const denoise = (inputs: DenoiserInputs) => {
    seen.push(inputs)
    return denoiser.denoise(inputs)
  }
  return { with: { ...asked, pipeline: { ...asked.pipeline, denoiser: { ...denoiser, denoise } } }, seen }
}
