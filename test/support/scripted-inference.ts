import { crc32, deflateSync } from 'node:zlib'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../src/contract/errors.ts'
import type {
  ChatRequest,
  GeneratedImage,
  Inference,
  InferenceEvent,
  InferenceRequest,
  TextToImageRequest,
} from '../../src/contract/inference.ts'
import type { Recipe } from '../../src/contract/recipe.ts'

/** A stand-in for the models in tests of the bot and of adapters: it says what the script says and draws plain colours. */
export interface Script {
  /** The whole reply, with its <gen_image> tags. Default: a sentence and one prompt made of the last user turn. */
  readonly reply?: (request: ChatRequest) => string
  readonly tokenMs?: number
  readonly stepMs?: number
  readonly steps?: number
  /** An error that ends a request before anything is generated. */
  readonly fail?: (request: InferenceRequest) => AppError | undefined
}

export interface ScriptedInference extends Inference {
  /** Every request in the order in which they came. */
  readonly requests: readonly InferenceRequest[]
  /** Most requests of a kind that ran at the same time. */
  readonly peak: Readonly<Record<InferenceRequest['kind'], number>>
}

export function createScriptedInference(script: Script = {}): ScriptedInference {
  const requests: InferenceRequest[] = []
  const running = { chat: 0, 'text-to-image': 0 }
  const peak = { chat: 0, 'text-to-image': 0 }

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
      yield* request.kind === 'chat' ? chat(request, script, signal) : draw(request, script, signal)
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
      running: running.chat + running['text-to-image'],
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
  yield { type: 'done', result: { reply, finished: true, timings: {} } }
}

async function* draw(
  request: TextToImageRequest,
  script: Script,
  signal?: AbortSignal,
): AsyncGenerator<InferenceEvent> {
  const images = request.count ?? 1
  const steps = request.steps ?? script.steps ?? 3
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

function paint(request: TextToImageRequest, index: number, steps: number): GeneratedImage {
  const { width = 16, height = 16 } = request
  const recipe: Recipe = {
    version: 1,
    operation: 'text-to-image',
    ...(request.wish === undefined ? {} : { wish: request.wish }),
    prompt: request.prompt,
    negativePrompt: request.negativePrompt ?? '',
    seed: request.seed,
    index,
    sampler: request.sampler ?? 'ddim',
    steps,
    guidanceScale: request.guidanceScale ?? 5,
    width,
    height,
    ...(request.variation ? { variation: request.variation } : {}),
    models: { t2i: { name: 'script', sha256: '0'.repeat(64) } },
    versions: { llmga: 'test' },
  }
  const look = crc32(JSON.stringify([request.prompt, request.seed + index, request.variation]))
  return { index, png: solidPng(width, height, look), width, height, recipe }
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
