import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openWeightCache } from '../../src/runtime/weight-cache.ts'
import { openSafetensors, readWeightBytes } from '../../src/weights/safetensors.ts'

/**
 * Quantises every matrix of a weight file and prints the sha256 of the first one's codes. Arguments: cache folder, weight
 * file, and the file by which this process tells another one that it is ready: both wait for each other just before they
 * look into the cache.
 */
const [dir, file, ready] = process.argv.slice(2) as [string, string, string | undefined]

const map = openSafetensors(file).tensors
const formats = new Map([...map.keys()].map((name) => [name, { bits: 4, blockSize: 64 } as const]))
const cache = openWeightCache({
  dir,
  hashOf: async () => {
    if (ready !== undefined) {
      writeFileSync(ready, '')
      while (readdirSync(path.dirname(ready)).length < 2) await setTimeout(1)
    }
    return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : ''
  },
  tell: (line) => process.stdout.write(`${line}\n`),
})
const quantised = await cache.quantise(map, formats)
const { codes } = [...quantised.values()][0]!.quantised!
process.stdout.write(`${createHash('sha256').update(readWeightBytes(codes)).digest('hex')}\n`)
