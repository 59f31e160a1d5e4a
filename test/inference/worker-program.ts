import { AppError } from '../../src/contract/errors.ts'
import type { ChatRequest, InferenceResult, PictureRequest, ScreenRequest } from '../../src/contract/inference.ts'
import type { ModelRole } from '../../src/inference/preset-schema.ts'
import { pipeline, type Registry } from '../../src/inference/registry.ts'
import { serve } from '../../src/inference/serve.ts'
import type { PipelineContext, PipelineEvent } from '../../src/pipelines/pipeline.ts'
import { resultOf } from './plan.ts'
import type { ChatPlan, Death } from './plan.ts'

/**
 * A worker with pipelines that hold the event loop as native runs do, and that die in the ways workers die. The text
 * of the last chat message is a ChatPlan; a text-to-image request takes `guidanceScale` milliseconds a step.
 */

/** A synchronous computation: nothing else happens in this process meanwhile. */
function compute(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

interface Counter {
  readonly loads: number
}

async function* chat(request: ChatRequest, model: Counter, context: PipelineContext): Events {
  const plan = JSON.parse(request.messages.at(-1)!.text) as ChatPlan
  for (let token = 0; token < plan.tokens; token++) {
    await context.turn()
    compute(plan.ms)
    yield { type: 'text', text: `${token} ` }
    if (token === plan.dieAt) await die(plan.how)
  }
  return resultOf(plan.tokens, model.loads)
}

async function die(how?: Death): Promise<void> {
  if (how === 'abort') process.abort()
  if (how === 'kill') process.kill(process.pid, 'SIGKILL')
  if (how === 'uncaught') setImmediate(() => nothing('thrown outside of any request'))
  if (how === 'throw') nothing('a bug in the pipeline')
  if (how === 'fail')
    throw new AppError('weights/corrupt', { message: 'x.bin: cut off', hint: 'Copy it.', details: { f: () => 1 } })
  if (how === 'exhaust-memory') throw new RangeError('Array buffer allocation failed')
  if (how === 'unknown-event') process.send?.({ type: 'event', id: 1, event: { type: 'telepathy' } })
  if (how === 'exhaust-heap') for (const hoard: unknown[] = []; ;) hoard.push(new Array(1000).fill(hoard.length))
  await new Promise(() => undefined)
}

function nothing(message: string): never {
  throw new TypeError(message)
}

async function* draw(request: PictureRequest, model: Counter, context: PipelineContext): Events {
  const { steps = 1, guidanceScale: stepMs = 1 } = request.kind === 'restore' ? {} : request
  for (let step = 1; step <= steps; step++) {
    await context.turn()
    compute(stepMs)
    const preview = { bytes: new Uint8Array(1_000_000).fill(step), mediaType: 'image/png' }
    yield { type: 'step', image: 0, images: 1, step, steps, stepMs, elapsedMs: step * stepMs, preview }
  }
  return resultOf(steps, model.loads)
}

async function* screen(_: ScreenRequest, { loads: count }: Counter, context: PipelineContext): Events {
  await context.turn()
  return resultOf(1, count)
}

type Events = AsyncGenerator<PipelineEvent, InferenceResult>

let loads = 0
async function load(): Promise<Counter> {
  compute(30)
  loads += 1
  return { loads }
}

type Counters = Record<ModelRole, Counter>
const drawing = { lane: 'drawing', load } as const
const drawn = pipeline<Counters, PictureRequest, Counter>('drawing', (models) => models.get('t2i'), draw)

const registry: Registry<Counters> = {
  roles: { mllm: { lane: 'chat', load }, t2i: drawing, inpaint: drawing, restore: drawing, safety: drawing },
  pipelines: {
    chat: pipeline('chat', (models, { model }) => models.get('mllm', model), chat),
    'text-to-image': drawn,
    'image-to-image': drawn,
    inpaint: drawn,
    outpaint: drawn,
    edit: drawn,
    restore: drawn,
    screen: pipeline('drawing', (models) => models.get('safety'), screen),
  },
}

await serve(registry)
