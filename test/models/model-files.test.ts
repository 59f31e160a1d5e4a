import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { AppError } from '../../src/contract/errors.ts'
import { checkModelFiles, openFileHashes, verifyFiles } from '../../src/inference/model-files.ts'
import { sha256OfFile } from '../../src/weights/file-hash.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-files-'))
const file = path.join(folder, 'unet.safetensors')
const cacheDir = path.join(folder, 'cache')
afterAll(() => rmSync(folder, { recursive: true }))

const text = 'sixteen bytes...'
const expected = { file, sizeBytes: 16, sha256: '' }
beforeEach(async () => {
  writeFileSync(file, text)
  expected.sha256 = await sha256OfFile(file)
})

const harm: [string, () => void, string][] = [
  ['missing', () => rmSync(file), 'weights/missing'],
  ['cut off', () => truncateSync(file, 7), 'weights/corrupt'],
  ['grown', () => appendFileSync(file, '!'), 'weights/corrupt'],
  ['altered', () => writeFileSync(file, text.toUpperCase()), 'weights/hash-mismatch'],
]

describe('files of a model', () => {
  it.each(harm)('are named when they are %s, with what to do', async (_name, damage, code) => {
    const hashes = await openFileHashes(cacheDir)
    await expect(checkModelFiles([expected], hashes)).resolves.toMatch(/^[0-9a-f]{64}$/)
    damage()
    const error: unknown = await checkModelFiles([expected], hashes).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, details: { file } })
    expect((error as AppError).message).toContain(file)
    expect((error as AppError).hint).toContain('again')
    expect((await verifyFiles([expected]))[0]?.error?.code).toBe(code)
  })

  it('have an identity that depends on the bytes of the weights alone', async () => {
    const other = path.join(folder, 'config.json')
    writeFileSync(other, '{}')
    const identity = async (files: { file: string }[]) => checkModelFiles(files, await openFileHashes(cacheDir))
    const first = await identity([{ file }, { file: other }])
    writeFileSync(other, '{ }')
    expect(await identity([{ file }, { file: other }])).toBe(first)
    writeFileSync(file, text.toUpperCase())
    expect(await identity([{ file }])).not.toBe(first)
  })
})

describe('remembered hashes', () => {
  it('are used by the next process while size and times stay', async () => {
    const sha256 = await (await openFileHashes(cacheDir)).sha256(file)
    const store = path.join(cacheDir, 'file-hashes.json')
    writeFileSync(store, readFileSync(store, 'utf8').replace(sha256, 'remembered'))
    expect(await (await openFileHashes(cacheDir)).sha256(file)).toBe('remembered')
    utimesSync(file, 1, 1)
    expect(await (await openFileHashes(cacheDir)).sha256(file)).toBe(sha256)
  })

  it('are only a cache: a torn store is ignored', async () => {
    writeFileSync(path.join(cacheDir, 'file-hashes.json'), '{"')
    expect(await (await openFileHashes(cacheDir)).sha256(file)).toBe(expected.sha256)
  })
})
