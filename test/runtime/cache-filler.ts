import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { resultOf, smallGraph } from './small-graph.ts'

/**
 * Loads the small graph of a weight file through a cache and prints what it gives and what was warned of, as JSON.
 * Arguments: cache folder, weight file, and the file by which this process tells another one that it is ready: both
 * wait for each other just before they look into the cache.
 */
const [cacheDir, file, ready] = process.argv.slice(2) as [string, string, string | undefined]

async function hashOf(): Promise<string> {
  if (ready === undefined) return 'content'
  writeFileSync(ready, '')
  const folder = path.dirname(ready)
  while (existsSync(folder) && readdirSync(folder).length < 2) await setTimeout(1)
  return 'content'
}

const warnings: string[] = []
const runtime = await createRuntime({ device: 'cpu', cacheDir, hashOf, warn: (line) => warnings.push(line) })
process.stdout.write(`${JSON.stringify({ result: await resultOf(runtime, smallGraph(file)), warnings })}\n`)
