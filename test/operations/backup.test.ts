import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { liveHashes } from '../../src/conversation/images.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { backUp } from '../../src/operations/backup.ts'
import { restore } from '../../src/operations/restore.ts'
import { readTar } from '../../src/operations/tar.ts'
import { bo, createHarness, keyOf, until } from '../support/bot-harness.ts'

const root = mkdtempSync(path.join(tmpdir(), 'llmga-backup-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (name: string) => path.join(root, name)
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => AppError.from(error).code,
  )

/** A data folder with a finished thread, backed up while another thread is being drawn. */
async function backUpWhileDrawing() {
  const stores = await createStores({ dataDir: at('data') })
  const harness = await createHarness({ stores, script: { stepMs: 20, steps: 20 } })
  await harness.ask('draw a fox')
  const { jobId } = (await harness.say('draw a cat', { key: keyOf('u'), author: bo })) as { jobId: string }
  await until(async () => (await stores.jobs.get(jobId))?.state === 'running')
  const thread = await harness.thread()
  const report = await backUp(at('data'), at('backup.tar'))
  await harness.stop()
  await stores.close()
  return { thread, report, jobId }
}

describe('backup and restore', () => {
  it('bring back threads and pictures as they were while jobs ran, and the jobs go on', async () => {
    const { thread, report, jobId } = await backUpWhileDrawing()
    expect(report).toMatchObject({ pictures: liveHashes(thread).size, missing: [] })

    expect(await restore(at('backup.tar'), at('other'))).toEqual({ pictures: report.pictures, missing: 0 })
    const stores = await createStores({ dataDir: at('other') })
    expect(await stores.threads.get(keyOf('t'))).toEqual(thread)
    for (const sha256 of liveHashes(thread)) {
      const bytes = await stores.blobs.read(sha256)
      expect(createHash('sha256').update(bytes!).digest('hex')).toBe(sha256)
    }
    const second = await createHarness({ stores })
    await until(() => second.adapter.finals(jobId).length > 0)
    await second.stop()
    await stores.close()

    expect(await codeOf(restore(at('backup.tar'), at('other')))).toBe('access/denied')
    expect(await restore(at('backup.tar'), at('other'), { force: true })).toMatchObject({ missing: 0 })
    expect(await codeOf(backUp(at('data'), at('backup.tar')))).toBe('input/invalid-option')
  })

  it('refuse what is running, absent, cut off or changed, and leave the data as it is', async () => {
    const stores = await createStores({ dataDir: at('busy') })
    expect(await codeOf(restore(at('backup.tar'), at('busy'), { force: true }))).toBe('storage/locked')
    await stores.close()
    expect(await codeOf(backUp(at('nothing'), at('b.tar')))).toBe('input/not-found')
    expect(await codeOf(restore(at('none.tar'), at('new')))).toBe('input/not-found')

    const whole = readFileSync(at('backup.tar'))
    const changed = Buffer.from(whole)
    const picture = changed.indexOf('blobs/')
    changed[picture + 512] = changed[picture + 512]! ^ 1
    const hostile = Buffer.from(whole)
    hostile.write('../../../evil\0', hostile.indexOf('blobs/'))
    for (const [name, bytes] of Object.entries({
      cut: whole.subarray(0, -2000),
      changed,
      hostile,
      text: Buffer.from('no'),
    })) {
      writeFileSync(at(`${name}.tar`), bytes)
      expect(await codeOf(restore(at(`${name}.tar`), at('other'), { force: true }))).toBe('storage/corrupt')
    }
    const kept = await createStores({ dataDir: at('other') })
    expect(await kept.threads.get(keyOf('t'))).toBeDefined()
    await kept.close()
  })

  it('make a file that any tar can list', async () => {
    const names: string[] = []
    for await (const { name } of readTar(at('backup.tar'))) names.push(name)
    expect(names.slice(0, 2)).toEqual(['llmga-backup.json', 'records/data.mdb'])
    expect(names.slice(2).every((name) => /^blobs\/[0-9a-f]{64}$/.test(name))).toBe(true)
  })
})
