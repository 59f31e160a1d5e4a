import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Median of the runs' milliseconds after warming up. */
export async function medianMs(run: () => Promise<unknown>, { runs = 5, warmup = 1 } = {}): Promise<number> {
  for (let i = 0; i < warmup; i++) await run()
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const begin = performance.now()
    await run()
    times.push(performance.now() - begin)
  }
  return times.sort((a, b) => a - b)[runs >> 1]!
}

/** Milliseconds of one run, and its result. */
export async function timed<T>(run: () => Promise<T>): Promise<[T, number]> {
  const begin = performance.now()
  const result = await run()
  return [result, performance.now() - begin]
}

/** Memory of a process in bytes (Linux): resident, its part that is not files, and the peak so far. */
export function memoryOf(pid: number | 'self' = 'self'): { resident: number; anonymous: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
  return { resident: field('VmRSS'), anonymous: field('RssAnon'), peak: field('VmHWM') }
}

/** One measured figure. `ratio` compares with the reference named beside it, in the same run. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly ratio?: { readonly to: string; readonly value: number }
  readonly goal?: string
}

/** A section prints its figures as one JSON line; bench/run.ts reads it. */
export const report = (figures: readonly Figure[]): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)

/** Deterministic values in [-1, 1). */
export const noise = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 23 - 1)

export const mebibytes = (bytes: number): number => bytes / 2 ** 20

/** What loading costs a process that does nothing else: a later start, when the cache is filled. */
export interface LoadCost {
  readonly ms: number
  readonly anonymous: number
}

/** In a process started by loadInFreshProcess: loads, reports and ends. Else nothing. */
export async function answerLoad(load: (folder: string) => Promise<unknown>): Promise<void> {
  const [, , task, folder] = process.argv
  if (task !== 'load' || folder === undefined) return
  const [, ms] = await timed(() => load(folder))
  process.stdout.write(JSON.stringify({ ms, anonymous: memoryOf().anonymous } satisfies LoadCost))
  process.exit()
}

/** Runs the section's own program as a process that only loads. */
export function loadInFreshProcess(section: string, folder: string): LoadCost {
  const args = ['--import', import.meta.resolve('tsx'), section, 'load', folder]
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${section} load ended with ${status}`)
  return JSON.parse(stdout) as LoadCost
}
