import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { exportThread } from '../../src/bot/export-thread.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { history } from '../../src/conversation/thread.ts'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { open } from 'lmdb'
import { ann, bo, imagesOf, until } from '../support/bot-harness.ts'
import { answered, placeOf, root, useSharedHarness } from './shared-harness.ts'
import { attached } from './use-harness.ts'

const { start, say, ask, press, told, key, drawings } = useSharedHarness()
const cy = { id: 'person-cy-77', name: 'Cyrano Forgettable' }

/** Every record of a data folder, as it lies on the disk. */
function rawRecords(dataDir: string): readonly string[] {
  const db = open<string, string>({ path: path.join(dataDir, 'records'), encoding: 'string', noSubdir: false })
  const records = [...db.getRange()].map(({ key: name, value }) => `${name} ${value}`)
  void db.close()
  return records
}

describe('/forget', () => {
  it('asks first, then leaves nothing of the person in any record or blob', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'llmga-forget-'))
    try {
      const harness = await start({ stores: await createStores({ dataDir }) })
      await harness.ended(await say('what is it?', cy, placeOf('alone'), attached()))
      await ask('/imagine a gryphon --raw', cy)
      await ask('/imagine a heron --raw', bo)
      await ask('make it quixotic', cy)
      await say('/settings --for me --negative gryphonlike', cy)
      const hers = await ask('draw an owl', bo)
      const asked = answered(await say('/forget', cy))
      expect(asked.text).toMatch(/3 messages, \d+ pictures and 3 jobs in 2 threads/)
      expect(asked.controls).toMatchObject([{ actionId: 'forget:everything', style: 'danger' }])
      expect(answered(await press('forget:everything', cy)).text).toMatch(/Deleted: 3 messages/)
      expect(await told('/forget', cy)).toMatch(/Nothing is kept/)

      const state = (await harness.bot.readThread(key, bo))!.state
      expect(state.owner.id).toBe('bo')
      expect(state.title).toMatch(/heron/)
      const texts = history(state).map(({ role, author }) => author?.id ?? role)
      expect(texts).toEqual(['bo', 'assistant', 'bo', 'assistant'])
      expect(await harness.bot.readBlob(key, bo, imagesOf(hers)[0]!.sha256)).toBeInstanceOf(Uint8Array)
      await ask('make it red', bo)
      expect(await harness.bot.listThreads('chat', cy)).toEqual([])
      await harness.stop()
      await harness.stores.close()

      const records = rawRecords(dataDir)
      expect(records.length).toBeGreaterThan(5)
      expect(records.filter((one) => /person-cy|Cyrano|gryphon|quixotic/i.test(one))).toEqual([])
      const kept = new Set(Object.values(state.images).map(({ sha256 }) => sha256))
      const files = readdirSync(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
      const blobs = files.filter((one) => one.isFile()).map((one) => path.basename(one.parentPath) + one.name)
      expect(blobs.length).toBeGreaterThanOrEqual(kept.size)
      for (const name of blobs)
        expect(readFileSync(path.join(dataDir, 'blobs', name.slice(0, 2), name.slice(2))).includes('gryphon')).toBe(
          false,
        )
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })

  it('stops what runs for the person, keeps the day’s count without a name, and a ban', async () => {
    const harness = await start({
      script: { stepMs: 5, steps: 1000, reply: () => 'yes' },
      limits: { jobsPerPersonDay: 2 },
    })
    await ask('hello', cy)
    const running = await say('/imagine x --raw', cy)
    await until(() => drawings().length === 1)
    await say(`/admin ban ${cy.id}`, root, placeOf('z', 'c', 'guild'))
    await harness.ended(running)
    expect(await told('/forget --confirm yes', cy)).toMatch(/Deleted/)
    await until(async () => (await harness.inference.status()).running === 0)
    const usage = await harness.stores.tables.usage.list()
    expect(JSON.stringify(usage)).not.toMatch(/person-cy|Cyrano/)
    await expect(say('again', cy)).rejects.toMatchObject({ code: 'access/denied' })
    await expect(say('again', cy, placeOf('t', 'c', 'other'))).rejects.toMatchObject({ code: 'access/limit' })
    expect((await harness.stores.tables.policies.list())[0]!.value.bannedPeople).toEqual([cy.id])
  })
})

const bytesOf = async (chunks: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return new Uint8Array(Buffer.concat(parts))
}

describe('/export', () => {
  it('gives pictures, recipes and text as one zip, the same every time, with safe names', async () => {
    const { bot } = await start()
    const image = imagesOf(await ask('/imagine ../a "red": fox\\n --raw'))[0]!
    await ask('hello 世界', bo)
    const exported = answered(await say('/export', bo))
    const file = exported.files![0]!
    expect(file).toMatchObject({
      mediaType: 'application/zip',
      name: expect.stringMatching(/^[\p{L}\p{N}-]+\.zip$/u) as string,
    })
    const entries = unzipSync(file.bytes)
    const names = Object.keys(entries)
    expect(
      names.every((name) =>
        /^(thread\.(md|json)|(pictures|recipes|masks)\/\d{3}-[\p{L}\p{N}-]+\.(png|json))$/u.test(name),
      ),
    ).toBe(true)
    const picture = names.find((name) => name.startsWith('pictures/001'))!
    expect(entries[picture]).toEqual(await bot.readBlob(key, ann, image.sha256))
    const recipe = entries[picture.replace('pictures', 'recipes').replace('.png', '.json')]!
    expect(JSON.parse(Buffer.from(recipe).toString())).toEqual(image.recipe)
    expect(Buffer.from(entries['thread.md']!).toString()).toContain('hello 世界')
    expect(JSON.parse(Buffer.from(entries['thread.json']!).toString())).toMatchObject({
      turns: [{ speaker: 'Ann' }, {}, { speaker: 'Bo' }, {}],
    })
    const again = (await bot.exportThread(key, bo))!
    expect(await bytesOf(again.chunks)).toEqual(file.bytes)
    expect(await bot.exportThread(placeOf('none'), bo)).toBeUndefined()
  })

  it('reads one picture at a time', async () => {
    const harness = await start()
    await ask('/imagine a fox --count 4 --raw')
    const read: string[] = []
    const { state } = (await harness.bot.readThread(key, ann))!
    const blobs = { read: async (sha256: string) => (read.push(sha256), harness.stores.blobs.read(sha256)) }
    const { chunks } = exportThread(blobs, state)
    for await (const chunk of chunks) if (chunk.length > 0 && read.length > 0) break
    expect(read).toHaveLength(1)
  })
})
