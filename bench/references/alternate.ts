/** Runs engines in turn, each in a process of its own, and takes the medians of what they say. */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import type { Answer } from './engine.ts'

/** A program that answers a job with one line of JSON (engine.ts). */
export interface Engine {
  readonly name: string
  readonly command: readonly [program: string, ...args: string[]]
}

export interface Measured {
  readonly name: string
  /** Medians over the runs. */
  readonly figures: Readonly<Record<string, number>>
  readonly outputs: readonly number[]
}

/** Runs each engine `runs` times, in turn; every single answer is appended to `log`, one JSON a line. */
export async function alternate(
  caseName: string,
  engines: readonly Engine[],
  runs: number,
  log: string,
): Promise<Measured[]> {
  const answers = engines.map((): Answer[] => [])
  for (let run = 0; run < runs; run++)
    for (const [i, engine] of engines.entries()) {
      const load = loadavg()[0]!
      const answer = await runEngine(engine)
      answers[i]!.push(answer)
      const { figures } = answer
      const line = { at: new Date().toISOString(), case: caseName, engine: engine.name, run, load, figures }
      appendFileSync(log, `${JSON.stringify(line)}\n`)
      process.stderr.write(`${caseName}: ${engine.name}, run ${run + 1} of ${runs}, ${JSON.stringify(figures)}\n`)
    }
  return engines.map(({ name }, i) => ({
    name,
    figures: medians(answers[i]!.map(({ figures }) => figures)),
    outputs: answers[i]![0]!.outputs,
  }))
}

/** Starts an engine and reads the last line that it prints. Throws Error when it fails. */
export function runEngine({ name, command: [program, ...args] }: Engine): Promise<Answer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '') as Answer)
      else reject(new Error(`${name} ended with ${code ?? signal}`))
    })
  })
}

/** The middle of each figure; of an even number the larger of the two. */
export function medians(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(all[0] ?? {})
  return Object.fromEntries(
    names.map((name) => {
      const values = all.map((figures) => figures[name]!).sort((a, b) => a - b)
      return [name, values[values.length >> 1]!]
    }),
  )
}

/** Root mean square of the difference, relative to the reference's. */
export function relativeError(values: readonly number[], reference: readonly number[]): number {
  if (values.length !== reference.length) return NaN
  let difference = 0
  let size = 0
  values.forEach((value, i) => {
    difference += (value - reference[i]!) ** 2
    size += reference[i]! ** 2
  })
  return Math.sqrt(difference / size)
}
