/** What every engine of this project that is measured does: takes its job as JSON, answers with figures as JSON. */
import path from 'node:path'
import { openFileHashes } from '../../src/inference/model-files.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import { memoryOf } from '../measure.ts'

/** Figures by name (their unit is in the name), and a few outputs to compare with another engine's. */
export interface Answer {
  readonly figures: Readonly<Record<string, number>>
  readonly outputs: readonly number[]
}

/** The job that the process was started with. */
export const readJob = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T

/** Prints the answer, with the process's peak memory, and ends the process. */
export function answer(figures: Readonly<Record<string, number>>, outputs: ArrayLike<number>): never {
  const whole: Answer = { figures: { ...figures, peakBytes: memoryOf().peak }, outputs: spread(outputs) }
  process.stdout.write(`${JSON.stringify(whole)}\n`)
  process.exit()
}

const compared = 4096

/** At most 4096 values, evenly from the whole. Every engine takes the same. */
function spread(values: ArrayLike<number>): number[] {
  const step = Math.max(1, Math.floor(values.length / compared))
  return Array.from({ length: Math.min(compared, Math.floor(values.length / step)) }, (_, i) => values[i * step]!)
}

/** This project's runtime with its caches in the model's folder. */
export async function openRuntime(folder: string, threads: number): Promise<Runtime> {
  const cacheDir = path.join(folder, 'cache')
  const hashes = await openFileHashes(cacheDir)
  return createRuntime({ device: 'cpu', cacheDir, threads, hashOf: (file) => hashes.sha256(file) })
}
