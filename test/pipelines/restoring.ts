import { readFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../../src/contract/errors.ts'
import type { GeneratedImage, RestoreRequest, StepEvent } from '../../src/contract/inference.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { encodePng } from '../../src/image/png.ts'
import type { GreyImage, RgbImage } from '../../src/image/rgb-image.ts'
import { loadRestore, type RestoreModel } from '../../src/pipelines/restore-model.ts'
import { restore } from '../../src/pipelines/restore.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'

export const runtime = await createRuntime({ device: 'cpu' })
const folder = path.resolve('models/llmga-tiny/diffrir')
const about = { identity: { name: 'llmga-tiny', sha256: 'abc' }, versions: { program: '1.2.3' } }

/** The embedded model, with tiles of another size where that is said. */
export const embedded = (tiles?: { side: number; overlap: number }): Promise<RestoreModel> =>
  loadRestore(folder, runtime, {
    ...about,
    settings: { scales: { 1: 'DiffRIR-tiny-x1.pth', 2: 'DiffRIR-tiny-x2.pth' }, ...(tiles && { tiles }) },
  })

export const model = await embedded()

const limits = { maxBytes: 1e9, maxPixels: 1e8 }
export const decode = (bytes: Uint8Array): Promise<RgbImage> => decodeImage(bytes, { limits })
export const fixture = (name: string): Uint8Array => readFileSync(path.resolve('test/fixtures/llmga-tiny', name))

/** A picture of two waves of colour. */
export function waves(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[at++] = 128 + 80 * Math.sin(x / 17 + c) * Math.cos(y / (11 + c))
  return { width, height, data }
}

export function boxMask(width: number, height: number, left: number, top: number, w: number, h: number): GreyImage {
  const data = new Uint8Array(width * height)
  for (let y = top; y < top + h; y++) data.fill(255, y * width + left, y * width + left + w)
  return { width, height, data }
}

export const noTurns = { turn: () => Promise.resolve() }

interface Restored {
  readonly steps: readonly StepEvent[]
  readonly image: GeneratedImage
  readonly pixels: RgbImage
}

type Wanted = Partial<Omit<RestoreRequest, 'kind' | 'image'>>

/** Runs the pipeline on a picture; `abortAfter` cancels after so many steps. */
export async function restored(
  picture: RgbImage,
  wanted: Wanted = {},
  { with: asked = model, abortAfter }: { with?: RestoreModel; abortAfter?: number } = {},
): Promise<Restored> {
  const abort = new AbortController()
  // As the worker's turn: once the request is aborted, it throws.
  const turn = () =>
    abort.signal.aborted
      ? Promise.reject(new AppError('inference/cancelled', { message: 'the request was cancelled' }))
      : Promise.resolve()
  const request = { kind: 'restore', image: await encodePng(picture), seed: 7, ...wanted } as const
  const running = restore(request, asked, { signal: abort.signal, turn })
  const steps: StepEvent[] = []
  let image: GeneratedImage | undefined
  for (;;) {
    const next = await running.next()
    if (next.done) return { steps, image: image!, pixels: await decode(image!.png) }
    if (next.value.type === 'image') image = next.value.image
    if (next.value.type === 'step') steps.push(next.value)
    if (steps.length === abortAfter) abort.abort()
  }
}
