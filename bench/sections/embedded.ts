/** The embedded models through the door that the bot uses: ready, first token, tokens, steps, decode, memory, pauses. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pino } from 'pino'
import type {
  ChatRequest,
  Inference,
  InferenceEvent,
  InferenceRequest,
  InferenceResult,
  TextToImageRequest,
} from '../../src/contract/inference.ts'
import { createInference } from '../../src/inference/inference.ts'
import { offerModels } from '../../src/inference/offered-models.ts'
import { mebibytes, memoryOf, report } from '../measure.ts'

const talk: ChatRequest = { kind: 'chat', messages: [{ role: 'user', text: 'draw a red fox in the snow' }] }
const prompt = 'a big red fox in the center, in the snow under a grey sky, cartoon style'
const draw = (seed: number): TextToImageRequest => ({ kind: 'text-to-image', prompt, seed })

const cacheDir = mkdtempSync(path.join(tmpdir(), 'llmga-bench-'))
const models = offerModels({ mllm: 'llmga-tiny', t2i: 'llmga-tiny' })
const open = () => createInference({ models, device: 'cpu', cacheDir, log: pino({ level: 'fatal' }), preload: true })

interface Answer {
  readonly result: InferenceResult
  readonly firstTextMs: number
  readonly longestGapMs: number
}

/** Runs a request; when its first words came, and the longest pause between words. */
async function ask(inference: Inference, request: InferenceRequest): Promise<Answer> {
  const begin = performance.now()
  let first = 0
  let last = 0
  let gap = 0
  for await (const event of inference.run(request)) {
    const now = performance.now() - begin
    if (isWords(event)) {
      if (first === 0) first = now
      else gap = Math.max(gap, now - last)
      last = now
    }
    if (event.type === 'error') throw new Error(event.error.message)
    if (event.type === 'done') return { result: event.result, firstTextMs: first, longestGapMs: gap }
  }
  throw new Error('no end')
}

const isWords = ({ type }: InferenceEvent) => type === 'text' || type === 'prompt-text'

/** Until both models have answered once: what a person waits for after the start. */
async function start(): Promise<[Inference, number]> {
  const begin = performance.now()
  const inference = open()
  await ask(inference, { ...talk, sampling: { maxNewTokens: 1 } })
  await ask(inference, { ...draw(0), steps: 1 })
  return [inference, performance.now() - begin]
}

/** The worker is this process's only child that has onnxruntime in it. */
function workerPid(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
  return children.find(
    (pid) =>
      readdirSync(`/proc/${pid}/task`).length > 0 && /worker\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
  )!
}

try {
  const [cold, coldMs] = await start()
  await cold.stop()
  const [inference, warmMs] = await start()
  await ask(inference, talk)
  const alone = await ask(inference, talk)

  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const { result } = await ask(inference, draw(1))
  delay.disable()
  const drawing = ask(inference, draw(2))
  const beside = await ask(inference, talk)
  await drawing

  const { resident } = await inference.status()
  const weights = resident.reduce((sum, { bytes }) => sum + bytes, 0)
  const memory = memoryOf(workerPid())
  const { stepMs = 0, decodeMs = 0, totalMs = 0 } = result.timings
  const tokensPerSecond = alone.result.timings['tokensPerSecond'] ?? 0
  const besideRate = beside.result.timings['tokensPerSecond'] ?? 0
  report([
    { name: 'llmga-tiny, ready (empty cache)', value: coldMs / 1000, unit: 's' },
    {
      name: 'llmga-tiny, ready (later starts)',
      value: warmMs / 1000,
      unit: 's',
      ratio: { to: 'empty cache', value: coldMs / warmMs },
    },
    { name: 'llmga-tiny, time to first token', value: alone.firstTextMs, unit: 'ms' },
    { name: 'llmga-tiny, chat', value: tokensPerSecond, unit: 'tokens/s' },
    {
      name: 'llmga-tiny, chat while drawing',
      value: besideRate,
      unit: 'tokens/s',
      ratio: { to: 'chat alone', value: besideRate / tokensPerSecond },
    },
    {
      name: 'llmga-tiny, longest gap between words while drawing',
      value: beside.longestGapMs,
      unit: 'ms',
      ratio: { to: 'one UNet step', value: beside.longestGapMs / stepMs },
    },
    { name: 'llmga-tiny, UNet step 128x128, two rows', value: stepMs, unit: 'ms' },
    {
      name: 'llmga-tiny, VAE decode 128x128',
      value: decodeMs,
      unit: 'ms',
      ratio: { to: 'one UNet step', value: decodeMs / stepMs },
    },
    { name: 'llmga-tiny, a picture of 20 steps with previews', value: totalMs / 1000, unit: 's' },
    { name: "longest pause of the bot's thread while drawing", value: delay.max / 1e6, unit: 'ms', goal: '< 50 ms' },
    {
      name: 'worker, peak memory',
      value: mebibytes(memory.peak),
      unit: 'MiB',
      ratio: { to: 'weights (fp16)', value: memory.peak / weights },
    },
    { name: 'bot, peak memory', value: mebibytes(memoryOf().peak), unit: 'MiB' },
  ])
  await inference.stop()
} finally {
  rmSync(cacheDir, { recursive: true, force: true })
}
