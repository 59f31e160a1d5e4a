import { once } from 'node:events'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { openWeightCache, type WeightCacheOptions } from '../../src/runtime/weight-cache.ts'
import { openSafetensors, readWeightBytes, type WeightEntry } from '../../src/weights/safetensors.ts'
import type { WeightMap } from '../../src/weights/weights.ts'
import { readLines, startScript } from '../support/child-process.ts'
import { safetensorsBytes, temporaryFolder, weightOf, writeSafetensors } from '../weights/write-safetensors.ts'

const root = temporaryFolder()
const child = fileURLToPath(new URL('quantiser.ts', import.meta.url))
const hashOf = async (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

function checkpoint(shape: readonly [number, number] = [16, 128], salt = 1): string {
  const file = path.join(mkdtempSync(path.join(root, 'model-')), 'model.safetensors')
  return writeSafetensors(file, {
    'one.weight': weightOf(shape, 'F16', salt),
    'two.weight': weightOf(shape, 'BF16', 2),
  })
}

const formats = new Map([['one.weight', { bits: 4, blockSize: 64 }]] as const)

function openCache(options: Partial<WeightCacheOptions> = {}) {
  const dir = options.dir ?? path.join(mkdtempSync(path.join(root, 'cache-')), 'not', 'there')
  const folder = path.join(dir, 'quantised')
  const entries = () => (existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [])
  return { dir, entries, cache: openWeightCache({ dir, hashOf, ...options }) }
}

const mapOf = (file: string): WeightMap => openSafetensors(file).tensors
const codesOf = (map: WeightMap): Uint8Array => readWeightBytes(map.get('one.weight')?.quantised?.codes as WeightEntry)

describe('the cache of quantised weights', () => {
  const file = checkpoint()

  it('holds what was quantised once, also for the same bytes elsewhere', async () => {
    const lines: string[] = []
    const { cache, entries } = openCache({ tell: (line) => lines.push(line) })
    const first = codesOf(await cache.quantise(mapOf(file), formats))
    expect(lines).toEqual([expect.stringMatching(/^quantising 1 matrices/), expect.stringMatching(/^quantised 1/)])
    const [entry] = entries()
    expect(readdirSync(entry!).sort()).toEqual(['sizes.json', 'weights.safetensors'])
    expect(codesOf(await cache.quantise(mapOf(checkpoint()), formats))).toEqual(first)
    expect(entries()).toEqual([entry])
    expect(lines).toHaveLength(2)
    expect(await cache.hashOf(path.join(entry!, 'weights.safetensors'))).toBe(path.basename(entry!))
    expect(await cache.hashOf(file)).toBe(await hashOf(file))
  })

  it('has an entry for each content and each format', async () => {
    const { cache, entries } = openCache()
    await cache.quantise(mapOf(file), formats)
    await cache.quantise(mapOf(checkpoint([16, 128], 9)), formats)
    await cache.quantise(mapOf(file), new Map([['one.weight', { bits: 8, blockSize: 64 }]]))
    await cache.quantise(mapOf(file), new Map([['one.weight', { bits: 4, blockSize: 32 }]]))
    expect(entries()).toHaveLength(4)
  })

  it('makes again what another version of the code made, and what is cut off', async () => {
    const { cache, dir, entries } = openCache({ version: 1 })
    const first = codesOf(await cache.quantise(mapOf(file), formats))
    const [old] = entries()
    await openCache({ dir, version: 2 }).cache.quantise(mapOf(file), formats)
    const [entry] = entries()
    expect(entries()).toHaveLength(1)
    expect(entry).not.toBe(old)
    truncateSync(path.join(entry!, 'weights.safetensors'), 100)
    expect(codesOf(await openCache({ dir, version: 2 }).cache.quantise(mapOf(file), formats))).toEqual(first)
    expect(entries()).toEqual([entry])
  })

  it('gives tensors back as they are where nothing is to be quantised', async () => {
    const { cache, entries } = openCache()
    const map = mapOf(file)
    expect(await cache.quantise(map, new Map())).toBe(map)
    expect(entries()).toEqual([])
  })

  it('says what to do where nothing can be kept', async () => {
    const { cache, entries } = openCache()
    const map = mapOf(file)
    const huge = { ...map.get('one.weight')!, shape: [2 ** 30, 2 ** 20] }
    const refused = cache.quantise(new Map([['one.weight', huge]]), formats)
    await expect(refused).rejects.toThrow(AppError)
    await expect(refused).rejects.toMatchObject({
      code: 'storage/full',
      hint: expect.stringMatching(/LLMGA_CACHE_DIR/) as string,
    })
    expect(entries()).toEqual([])
  })

  it('is filled by two processes at once without harm', async () => {
    const { dir, entries } = openCache()
    const meeting = mkdtempSync(path.join(root, 'meeting-'))
    const children = ['a', 'b'].map((name) => startScript(child, [dir, file, path.join(meeting, name)]))
    const lines = await Promise.all(children.map((one) => readLines(one, () => false)))
    expect(lines[0]!.at(-1)).toMatch(/^[0-9a-f]{64}$/)
    expect(lines[1]!.at(-1)).toBe(lines[0]!.at(-1))
    expect(entries()).toHaveLength(1)
  })

  it('holds no half of an entry after a kill; what was left is taken away a day later', async () => {
    const large = sparse([16_384, 4096])
    const { dir, entries, cache } = openCache()
    const process = startScript(child, [dir, large])
    await readLines(process, (line) => line.startsWith('quantising'))
    process.kill('SIGKILL')
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
    expect(process.signalCode).toBe('SIGKILL')
    const left = entries()
    expect(left.map((entry) => path.basename(entry))).toEqual([expect.stringMatching(/^draft-/)])
    const longAgo = Date.now() / 1000 - 25 * 3600
    utimesSync(left[0]!, longAgo, longAgo)
    await cache.quantise(mapOf(large), formats)
    expect(entries()).toHaveLength(1)
    expect(statSync(path.join(entries()[0]!, 'sizes.json')).isFile()).toBe(true)
    mkdirSync(left[0]!) // the draft was taken away: its name is free
  })
})

/** A checkpoint of one matrix of zeros, which takes no room on the disk. */
function sparse(shape: readonly [number, number]): string {
  const file = path.join(mkdtempSync(path.join(root, 'model-')), 'model.safetensors')
  const length = shape[0] * shape[1] * 2
  const head = safetensorsBytes({ 'one.weight': { dtype: 'F16', shape, data_offsets: [0, length] } })
  writeFileSync(file, head)
  truncateSync(file, head.length + length)
  return file
}
