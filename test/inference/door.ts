import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino, type Logger } from 'pino'
import type { Inference, InferenceEvent } from '../../src/contract/inference.ts'
import { createInference } from '../../src/inference/inference.ts'
import { offerModels } from '../../src/inference/offered-models.ts'

export const cacheDir = mkdtempSync(path.join(tmpdir(), 'llmga-inference-'))

/** A log whose lines can be read back. */
export function recordingLog(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line) as never) })
  return { log, lines }
}

interface DoorOptions {
  readonly nodeOptions?: readonly string[]
  /** Models that requests may name beside the embedded ones. */
  readonly models?: readonly string[]
  /** Bytes for models, and of them what the language model keeps. */
  readonly memory?: { readonly memoryLimitBytes: number; readonly chatMemoryBytes: number }
}

/** The door to a worker that runs `program`, a file beside this one; without it, to the bot's own worker. */
export function openDoor(
  program: string | undefined,
  log: Logger,
  { nodeOptions = [], models = [], memory }: DoorOptions = {},
): Inference {
  return createInference({
    models: offerModels({ mllm: 'llmga-tiny', t2i: 'llmga-tiny', models }),
    device: 'cpu',
    cacheDir,
    log,
    ...memory,
    ...(program !== undefined && { program: { entry: new URL(program, import.meta.url), nodeOptions } }),
  })
}

export async function collect(events: AsyncIterable<InferenceEvent>): Promise<InferenceEvent[]> {
  const all: InferenceEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
