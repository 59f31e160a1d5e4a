/** The embedded models through the bot's door, for the growth curves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import type { Inference, InferenceRequest, InferenceResult } from '../../src/contract/inference.ts'
import { createInference } from '../../src/inference/inference.ts'
import { offerModels } from '../../src/inference/offered-models.ts'

/** Runs `use` with the embedded models; their cache is removed afterwards. */
export async function withModels<T>(use: (inference: Inference) => Promise<T>): Promise<T> {
  const cacheDir = mkdtempSync(path.join(tmpdir(), 'llmga-growth-'))
  const models = offerModels({ mllm: 'llmga-tiny', t2i: 'llmga-tiny' })
  const log = pino({ level: 'fatal' })
  const inference = createInference({ models, device: 'cpu', cacheDir, log, preload: true })
  try {
    return await use(inference)
  } finally {
    await inference.stop()
    rmSync(cacheDir, { recursive: true, force: true })
  }
}

/** The result of a request. Throws what the worker says where there is none. */
export async function resultOf(inference: Inference, request: InferenceRequest): Promise<InferenceResult> {
  for await (const event of inference.run(request)) {
    if (event.type === 'error') throw new Error(event.error.message)
    if (event.type === 'done') return event.result
  }
  throw new Error('a request without an end')
}

/** The worker's process: the only child whose command names it. */
export function workerPid(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
  return children.find((pid) => /worker\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))!
}

/** The peak of a process's memory counts anew from here (Linux). */
export const forgetPeak = (pid: number | 'self'): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
