import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { open } from 'lmdb'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { deleteImage } from '../../src/conversation/images.ts'
import { bytesOf, jobOf, keyOf, storeContract, threadWith } from '../contracts/store.ts'
import { killHard, readLines, startLimited, startScript } from '../support/child-process.ts'

const root = mkdtempSync(path.join(tmpdir(), 'llmga-stores-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const newFolder = () => path.join(root, `${folders++}`)

storeContract('the store in memory', () => createStores({ memory: true }))
storeContract('the store on disk', () => createStores({ dataDir: newFolder() }))

/** Writes a raw value where the program keeps one. */
async function vandalise(dataDir: string, key: string, raw: string): Promise<void> {
  const db = open<string, string>({ path: path.join(dataDir, 'records'), encoding: 'string' })
  db.putSync(key, raw)
  await db.close()
}

describe('the store on disk', () => {
  it('still has everything that was acknowledged after kill -9', async () => {
    const dataDir = newFolder()
    const child = startScript(fileURLToPath(new URL('crash-writer.ts', import.meta.url)), [dataDir])
    const lines = await readLines(child, (line) => Number(line) >= 20)
    await killHard(child)
    const last = Number(lines.at(-1))
    expect(last).toBeGreaterThanOrEqual(20)
    const stores = await createStores({ dataDir })
    for (let i = 0; i <= last; i++) {
      const picture = bytesOf(`picture ${i} `.repeat(500))
      expect(await stores.threads.get(keyOf(`t${i}`))).toEqual(threadWith(`t${i}`, [picture]))
      expect(await stores.blobs.read(sha256Of(picture))).toEqual(picture)
    }
    expect((await stores.jobs.openIds()).length).toBeGreaterThan(last)
    await stores.close()
  })

  it('is refused to a second process, which is told the pid of the first', async () => {
    const dataDir = newFolder()
    const child = startScript(fileURLToPath(new URL('crash-writer.ts', import.meta.url)), [dataDir])
    await readLines(child, (line) => line === 'ready')
    await expect(createStores({ dataDir })).rejects.toMatchObject({
      code: 'storage/locked',
      message: expect.stringContaining(String(child.pid)) as string,
    })
    await killHard(child)
    await (await createStores({ dataDir })).close()
  })

  it('is refused to the same process twice, until it is closed', async () => {
    const dataDir = newFolder()
    const stores = await createStores({ dataDir })
    await expect(createStores({ dataDir })).rejects.toMatchObject({ code: 'storage/locked' })
    await stores.close()
    await (await createStores({ dataDir })).close()
  })

  it('takes over the lock of an earlier process that had the same pid', async () => {
    const dataDir = newFolder()
    await (await createStores({ dataDir })).close()
    writeFileSync(path.join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, birth: 'another boot/1' }))
    await (await createStores({ dataDir })).close()
    writeFileSync(path.join(dataDir, 'lock'), 'half a lo')
    await (await createStores({ dataDir })).close()
    expect(readdirSync(dataDir).toSorted()).toEqual(['blobs', 'records'])
  })

  it('carries out a deletion that a crash cut off', async () => {
    const dataDir = newFolder()
    const picture = bytesOf('secret')
    const thread = threadWith('t1', [picture])
    const before = await createStores({ dataDir })
    await before.commit({ thread, pictures: [picture] })
    await before.close()
    const hash = sha256Of(picture)
    const cleanup = { version: 1, keys: [`use:${hash}:web///t1`], blobs: [hash] }
    await vandalise(dataDir, 'cleanup:1', JSON.stringify({ value: cleanup }))
    const after = await createStores({ dataDir })
    expect(await after.blobs.read(hash)).toBeUndefined()
    await after.close()
  })

  it('changes nothing when the disk is full, and goes on when there is room', async () => {
    const dataDir = newFolder()
    const file = fileURLToPath(new URL('full-disk-writer.ts', import.meta.url))
    const [line] = await readLines(startLimited(file, [dataDir], 300), () => true)
    expect(JSON.parse(line ?? '{}')).toEqual({
      bigPicture: { code: 'storage/full', blobs: 1, threads: ['t0'] },
      bigThread: { code: 'storage/full', unchanged: true, blobs: 1 },
      later: { threads: ['after', 't0'] },
    })
  })

  it('leaves no file behind when the last picture is deleted', async () => {
    const dataDir = newFolder()
    const stores = await createStores({ dataDir })
    const thread = threadWith('t1', [bytesOf('p')])
    await stores.commit({ thread, pictures: [bytesOf('p')] })
    await stores.commit({ thread: deleteImage(thread, 't1-0', 9), released: [sha256Of(bytesOf('p'))] })
    const files = readdirSync(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
    expect(files.filter((entry) => entry.isFile())).toEqual([])
    await stores.close()
  })

  it.each([
    ['thread:web///t1', '{"value":{"version":99}}', 'storage/newer-version', 'version 99'],
    ['thread:web///t1', '{"value":{"version":1,"title":5}}', 'storage/corrupt', 'thread:web///t1'],
    ['thread:web///t1', '{"value":{"title":"no version"}}', 'storage/corrupt', 'no version'],
    ['thread:web///t1', '{"value":{"version":0}}', 'storage/corrupt', 'version 0'],
    ['thread:web///t1', '{"value":[1]}', 'storage/corrupt', 'not a record'],
    ['thread:web///t1', '{}', 'storage/corrupt', 'not a record'],
    ['thread:web///t1', '5', 'storage/corrupt', 'not a record'],
    ['thread:web///t1', '{"val', 'storage/corrupt', 'not readable'],
    ['thread:web///t1', '', 'storage/corrupt', 'thread:web///t1'],
  ])('refuses %s = %s as %s', async (key, raw, code, says) => {
    const dataDir = newFolder()
    await (await createStores({ dataDir })).close()
    await vandalise(dataDir, key, raw)
    const stores = await createStores({ dataDir })
    await expect(stores.threads.get(keyOf('t1'))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
    })
    await stores.close()
  })

  it('refuses a picture whose bytes were changed, and repairs it when it is stored again', async () => {
    const dataDir = newFolder()
    const stores = await createStores({ dataDir })
    const hash = sha256Of(bytesOf('p'))
    const change = { thread: threadWith('t1', [bytesOf('p')]), pictures: [bytesOf('p')] }
    await stores.commit(change)
    writeFileSync(path.join(dataDir, 'blobs', hash.slice(0, 2), hash.slice(2)), 'other')
    await expect(stores.blobs.read(hash)).rejects.toMatchObject({ code: 'storage/corrupt' })
    await stores.commit(change)
    expect(await stores.blobs.read(hash)).toEqual(bytesOf('p'))
    await stores.close()
  })

  it('says so when its folder cannot be made', async () => {
    const file = path.join(root, 'a-file')
    writeFileSync(file, '')
    await expect(createStores({ dataDir: path.join(file, 'data') })).rejects.toMatchObject({ code: 'config/invalid' })
  })

  it('does not list jobs that have ended', async () => {
    const dataDir = newFolder()
    const stores = await createStores({ dataDir })
    await stores.commit({ jobs: [jobOf('a', 't')] })
    await stores.commit({ jobs: [jobOf('a', 't', 'cancelled')] })
    await stores.close()
    const again = await createStores({ dataDir })
    expect(await again.jobs.openIds()).toEqual([])
    await again.close()
  })
})
