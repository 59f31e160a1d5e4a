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
