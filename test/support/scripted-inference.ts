import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../src/contract/errors.ts'
import type {
  ChatRequest,
  GeneratedImage,
  Inference,
  InferenceEvent,
  InferenceRequest,
  InferenceResult,
  PictureRequest,
} from '../../src/contract/inference.ts'
import { operations, type Recipe } from '../../src/contract/recipe.ts'

/** A stand-in for the models in tests of the bot and of adapters: it says what the script says and draws plain colours. */
export interface Script {
  /** The whole reply, with its <gen_image> tags. Default: a sentence and one prompt made of the last user turn. */
  readonly reply?: (request: ChatRequest) => string
  /** What the model had no room for. */
  readonly leftOut?: (request: ChatRequest) => InferenceResult['leftOut']
  readonly tokenMs?: number
  readonly stepMs?: number
  readonly steps?: number
  /** Whether the safety checker flags a picture; default: it does not. */
  readonly flags?: (image: Uint8Array) => boolean
  /** An error that ends a request before anything is generated. */
  readonly fail?: (request: InferenceRequest) => AppError | undefined
}

export interface ScriptedInference extends Inference {
  /** Every request in the order in which they came. */
  readonly requests: readonly InferenceRequest[]
  /** Most requests of a kind that ran at the same time. */
  readonly peak: Readonly<Record<Kind, number>>
}

type Kind = InferenceRequest['kind']

export function createScriptedInference(script: Script = {}): ScriptedInference {
  const requests: InferenceRequest[] = []
  const none = Object.fromEntries(['chat', 'screen', ...operations].map((kind) => [kind, 0])) as Record<Kind, number>
  const running = { ...none }
  const peak = { ...none }

  async function* run(
    request: InferenceRequest,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<InferenceEvent> {
    requests.push(request)
    peak[request.kind] = Math.max(peak[request.kind], ++running[request.kind])
    try {
      yield { type: 'started' }
      const failure = script.fail?.(request)
      if (failure) throw failure
      if (request.kind === 'chat') yield* chat(request, script, signal)
      else if (request.kind === 'screen') yield screened(script.flags?.(request.image) ?? false)
      else yield* draw(request, script, signal)
    } catch (error) {
      yield { type: 'error', error: AppError.from(error).toJSON() }
    } finally {
      running[request.kind]--
    }
  }

  return {
    requests,
    peak,
    run,
    status: async () => ({
      worker: 'ready',
      device: 'script',
      restarts: 0,
      running: Object.values(running).reduce((sum, count) => sum + count),
      resident: [],
      processBytes: 0,
    }),
    stop: async () => undefined,
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms)
  if (signal?.aborted) throw new AppError('inference/cancelled', { message: 'cancelled' })
}

const defaultReply = ({ messages }: ChatRequest): string =>
  `Sure! Here it is: <gen_image> detailed ${messages.at(-1)?.text ?? ''} </gen_image>`

async function* chat(request: ChatRequest, script: Script, signal?: AbortSignal): AsyncGenerator<InferenceEvent> {
  const reply = (script.reply ?? defaultReply)(request)
  const parts = reply.split(/<gen_image>|<\/gen_image>/) // text and prompts by turns
  for (const [index, part] of parts.entries()) {
    const block = (index - 1) / 2
    for (const text of part.match(/\s*\S+\s*/g) ?? []) {
      await pause(script.tokenMs ?? 0, signal)
      yield index % 2 === 0 ? { type: 'text', text } : { type: 'prompt-text', block, text }
    }
    if (index % 2 === 1) yield { type: 'prompt', block, prompt: part.trim() }
  }
  const leftOut = script.leftOut?.(request)
  yield { type: 'done', result: { reply, finished: true, ...(leftOut && { leftOut }), timings: {} } }
}

function screened(flagged: boolean): InferenceEvent {
  const screening = { flagged, concepts: flagged ? [{ concept: 3, score: 0.012 }] : [], specialCare: [] }
  return { type: 'done', result: { screening, timings: {} } }
}

async function* draw(request: PictureRequest, script: Script, signal?: AbortSignal): AsyncGenerator<InferenceEvent> {
  const images = 'count' in request ? (request.count ?? 1) : 1
  const steps = ('steps' in request ? request.steps : undefined) ?? script.steps ?? 3
  for (let image = 0; image < images; image++) {
    for (let step = 1; step <= steps; step++) {
      await pause(script.stepMs ?? 0, signal)
      const preview = { bytes: solidPng(8, 8, step * 20), mediaType: 'image/png' }
      const left = (images - image) * steps - step
      const stepMs = script.stepMs ?? 0
      yield {
        type: 'step',
        image,
        images,
        step,
        steps,
        stepMs,
        elapsedMs: stepMs * step,
        remainingMs: left * stepMs,
        preview,
      }
    }
    yield { type: 'image', image: paint(request, image, steps) }
  }
  yield { type: 'done', result: { timings: {} } }
}

/** Width and height from a PNG's header. */
function sizeOfPng(png: Uint8Array) {
  const view = Buffer.from(png)
  return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) }
}

/** The size that a real pipeline would give. */
function sizeOf(request: PictureRequest) {
  if (request.kind === 'text-to-image') return { width: request.width ?? 16, height: request.height ?? 16 }
  const { width, height } = sizeOfPng(request.image)
  if (request.kind === 'restore') return { width: width * (request.scale ?? 1), height: height * (request.scale ?? 1) }
  if (request.kind !== 'outpaint') return { width, height }
  const { left, right, top, bottom } = request.sides
  return { width: width + left + right, height: height + top + bottom }
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Bytes as their hashes, so that a request can be shown as text. */
const withoutBytes = (_: string, value: unknown) => (value instanceof Uint8Array ? sha256Of(value) : value)

function paint(request: PictureRequest, index: number, steps: number): GeneratedImage {
  const { width, height } = sizeOf(request)
  const drawing = request.kind === 'restore' ? undefined : request
  const recipe: Recipe = {
    version: 1,
    operation: request.kind,
    ...(drawing?.wish === undefined ? {} : { wish: drawing.wish }),
    prompt: drawing?.prompt ?? '',
    negativePrompt: drawing?.negativePrompt ?? '',
    seed: request.seed,
    index,
    sampler: drawing?.sampler ?? 'ddim',
    steps,
    guidanceScale: drawing?.guidanceScale ?? 5,
    width,
    height,
    ...('variation' in request && request.variation ? { variation: request.variation } : {}),
    ...('sourcePrompt' in request
      ? { edit: { engine: request.engine ?? 'direct-inversion-p2p', sourcePrompt: request.sourcePrompt } }
      : {}),
    models: { t2i: { name: 'script', sha256: '0'.repeat(64) } },
    versions: { llmga: 'test' },
  }
  const look = crc32(JSON.stringify({ ...request, seed: request.seed + index }, withoutBytes))
  const maskPng = solidPng(width, height, 0xffffff)
  const changes = request.kind === 'edit' || request.kind === 'inpaint' || request.kind === 'outpaint'
  const details = changes ? { details: { maskPng, changedShare: 0.25 } } : {}
  return { index, png: solidPng(width, height, look), width, height, recipe, ...details }
}

/** A PNG of one colour, `rgb` in its low 24 bits. */
export function solidPng(width: number, height: number, rgb: number): Uint8Array {
  const row = [0, ...Array.from({ length: width }, () => [(rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255]).flat()]
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8) // 8 bits, RGB
  const pixels = deflateSync(Buffer.from(Array.from({ length: height }, () => row).flat()))
  const chunks = [chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]
  return new Uint8Array(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]))
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  const check = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
