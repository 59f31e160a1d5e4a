import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { blobFile, blobFolder, sha256Of } from '../../src/conversation/blobs.ts'
import { liveHashes } from '../../src/conversation/images.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { sweepOnce } from '../../src/operations/retention.ts'
import { ann, createHarness, keyOf } from '../support/bot-harness.ts'

const dataDir = mkdtempSync(path.join(tmpdir(), 'llmga-sweep-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
const day = 86_400_000

it('deletes threads that nobody touched, old events and notes, and pictures of no thread; keeps the rest', async () => {
  const stores = await createStores({ dataDir })
  const harness = await createHarness({ stores })
  await harness.ask('draw a fox', { eventId: 'first' })
  const hashes = [...liveHashes(await harness.thread())]
  const stray = new TextEncoder().encode('left by a crash')
  const file = blobFile(blobFolder(dataDir), sha256Of(stray))
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, stray)

  const now = Date.now()
  const notes = stores.notes('test')
  await notes.set('for ten days', 1, 10)
  await notes.set('for good', 2)
  const expected = { threads: 0, events: 0, usage: 0, notes: 1, blobs: 1 }
  expect(await sweepOnce(harness.bot, stores, 0, now + 20 * day)).toEqual(expected)
  expect([await notes.get('for ten days'), await notes.get('for good')]).toEqual([undefined, 2])
  expect(await stores.blobs.read(sha256Of(stray))).toBeUndefined()
  expect(await stores.blobs.read(hashes[0]!)).toBeDefined()

  expect(await sweepOnce(harness.bot, stores, 30, now + 20 * day)).toMatchObject({ threads: 0 })
  expect(await sweepOnce(harness.bot, stores, 30, now + 31 * day)).toMatchObject({ threads: 1, events: 1 })
  expect(await harness.bot.readThread(keyOf('t'), ann)).toBeUndefined()
  for (const sha256 of hashes) expect(await stores.blobs.read(sha256)).toBeUndefined()
  await harness.stop()
  await stores.close()
})
