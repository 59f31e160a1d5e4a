import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/job.ts'
import { createStores, type Change, type Stores } from '../../src/conversation/stores.ts'
import { history } from '../../src/conversation/thread.ts'
import { ann, createHarness, createRecordingAdapter, imagesOf, keyOf, partsOf, until } from '../support/bot-harness.ts'
import { killHard, readLines, startScript } from '../support/child-process.ts'

const root = mkdtempSync(path.join(tmpdir(), 'llmga-bot-'))
afterAll(() => rmSync(root, { recursive: true }))
const crashBot = fileURLToPath(new URL('crash-bot.ts', import.meta.url))

/** Runs the bot in a process of its own, and kills it with -9 when it has printed `times` lines that begin so. */
async function crash(dataDir: string, mode: string, last: string, times: number): Promise<readonly string[]> {
  const child = startScript(crashBot, [dataDir, mode])
  let left = times
  const lines = await readLines(child, (line) => line.startsWith(last) && --left === 0)
  await killHard(child)
  return lines
}

const after = (lines: readonly string[], word: string) =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

const jobIn = (stores: Stores, id: string) => stores.jobs.get(id) as Promise<Job>

describe('after kill -9', () => {
  it('while drawing, every accepted job runs and is posted once, in order and with its seed', async () => {
    const dataDir = path.join(root, 'drawing')
    const lines = await crash(dataDir, 'drawing', 'drawing', 2)
    const ids = after(lines, 'accepted')
    expect(ids).toHaveLength(3)
    const stores = await createStores({ dataDir })
    const before = await Promise.all(ids.map((id) => jobIn(stores, id)))
    expect(before.map(({ state }) => state)).toContain('running')
    const harness = await createHarness({ stores })
    await until(() => ids.every((id) => harness.adapter.finals(id).length > 0))
    await until(async () => (await stores.jobs.openIds()).length === 0)
    for (const id of ids) expect(harness.adapter.finals(id)).toHaveLength(1)
    const texts = history(await harness.thread()).map(({ role, blocks }) => `${role} ${blocks.length}`)
    expect(texts).toEqual(['user 1', 'assistant 2', 'user 1', 'assistant 2'])
    expect(imagesOf(harness.adapter.finals(ids[2]!)[0]!)[0]!.recipe!.seed).toBe(7)
    const seeds = before.map(({ request }) => ('seed' in request ? request.seed : undefined))
    const drawn = ids.map((id) => imagesOf(harness.adapter.finals(id)[0]!)[0]!.recipe!.seed)
    expect(drawn).toEqual(seeds)
    expect(await harness.say('draw a fox', { eventId: 'e1' })).toEqual({ type: 'repeated', jobId: ids[0] })
    await harness.stop()
    await stores.close()
  })

  it('while a storybook is drawn, the finished pages are there and only the missing ones are drawn', async () => {
    const dataDir = path.join(root, 'story')
    const lines = await crash(dataDir, 'story', 'page', 2)
    const [id] = after(lines, 'accepted')
    const stores = await createStores({ dataDir })
    const before = Object.keys((await stores.threads.get(keyOf('t')))!.images)
    const harness = await createHarness({ stores })
    await until(() => harness.adapter.finals(id!).length > 0)
    const [reply] = harness.adapter.finals(id!)
    const ids = imagesOf(reply!).map(({ imageId }) => imageId)
    expect(ids).toHaveLength(3)
    expect(ids.slice(0, before.length)).toEqual(before)
    expect(harness.inference.requests.map(({ kind }) => kind)).toEqual(
      Array.from({ length: 3 - before.length }, () => 'text-to-image'),
    )
    expect(partsOf(reply!, 'file')).toHaveLength(1)
    await harness.stop()
    await stores.close()
  })

  it('while posting, the stored reply is posted again under the same id, and nothing is computed again', async () => {
    const dataDir = path.join(root, 'posting')
    const lines = await crash(dataDir, 'posting', 'posting', 3)
    const stores = await createStores({ dataDir })
    const harness = await createHarness({ stores })
    await until(async () => (await stores.jobs.openIds()).length === 0)
    expect(harness.inference.requests).toEqual([])
    const finals = harness.adapter.messages.filter(({ final }) => final)
    expect(finals.map(({ replyId }) => replyId).toSorted()).toEqual([...after(lines, 'posting')].toSorted())
    expect(finals.every((message) => imagesOf(message).length === 1)).toBe(true)
    await harness.stop()
    await stores.close()
  })
})

describe('at the start', () => {
  /** A thread with one open job in the given state, as a crash leaves it. */
  async function leave(change: Partial<Job>): Promise<{ stores: Stores; job: Job }> {
    const stores = await createStores({ memory: true })
    const harness = await createHarness({ stores, script: { stepMs: 100, steps: 50 } })
    const accepted = await harness.say('/imagine a fox --raw')
    await harness.stop()
    const job = { ...(await jobIn(stores, accepted.type === 'accepted' ? accepted.jobId : '')), ...change }
    await stores.commit({ jobs: [job] })
    return { stores, job }
  }

  it('a reply that is about to be made is not told as lost', async () => {
    const { stores, job } = await leave({})
    const harness = await createHarness({ stores, started: false })
    const reply = await harness.bot.readReply(job.key, job.author, job.id)
    expect(reply).toMatchObject({ state: 'queued', final: false })
    await harness.bot.start()
    await until(async () => (await jobIn(stores, job.id)).state === 'done')
    await harness.stop()
  })

  it('a job that took the process down three times is given up with a sentence', async () => {
    const { stores, job } = await leave({ state: 'running', attempts: 3 })
    const harness = await createHarness({ stores })
    await until(async () => (await jobIn(stores, job.id)).state === 'failed')
    const [reply] = harness.adapter.finals(job.id)
    expect(partsOf(reply!, 'error')[0]!.error.message).toMatch(/3 times/)
    expect(harness.inference.requests).toEqual([])
    await harness.stop()
  })

  it('a job that took the process down twice gets another chance', async () => {
    const { stores, job } = await leave({ state: 'running', attempts: 2 })
    const harness = await createHarness({ stores })
    await until(async () => (await jobIn(stores, job.id)).state === 'done')
    expect((await jobIn(stores, job.id)).attempts).toBe(3)
    await harness.stop()
  })

  it('jobs of a platform that is not attached are left alone', async () => {
    const { stores, job } = await leave({})
    const other = { ...createRecordingAdapter(), platform: 'slack' }
    const harness = await createHarness({ stores, adapter: other })
    expect((await jobIn(stores, job.id)).state).toBe('queued')
    expect(other.messages).toEqual([])
    await harness.stop()
  })

  it('a damaged job does not keep the others from running', async () => {
    const { stores, job } = await leave({})
    await stores.commit({ jobs: [{ ...job, id: 'damaged', createdAt: 'yesterday' as unknown as number }] })
    const harness = await createHarness({ stores })
    await until(async () => (await jobIn(stores, job.id)).state === 'done')
    await expect(stores.jobs.get('damaged')).rejects.toMatchObject({ code: 'storage/corrupt' })
    await harness.stop()
  })
})

describe('an orderly stop', () => {
  it('puts running jobs back into the queue without counting the start, and refuses new ones', async () => {
    const stores = await createStores({ memory: true })
    const first = await createHarness({ stores, script: { stepMs: 5, steps: 500 } })
    const accepted = await first.say('draw a fox')
    const id = accepted.type === 'accepted' ? accepted.jobId : ''
    await until(async () => (await jobIn(stores, id)).state === 'running')
    await first.stop()
    expect(await jobIn(stores, id)).toMatchObject({ state: 'queued', attempts: 0 })
    await expect(first.say('hello')).rejects.toMatchObject({ code: 'internal', retryable: true })
    const second = await createHarness({ stores })
    await until(async () => (await jobIn(stores, id)).state === 'done')
    expect([...first.adapter.finals(id), ...second.adapter.finals(id)]).toHaveLength(1)
    await second.stop()
  })

  it('leaves a reply that could not be posted for the next start', async () => {
    const stores = await createStores({ memory: true })
    const broken = createRecordingAdapter(async ({ final }) => {
      if (final) throw new Error('the platform is down')
    })
    const first = await createHarness({ stores, adapter: broken })
    const accepted = await first.say('draw a fox')
    const id = accepted.type === 'accepted' ? accepted.jobId : ''
    await until(async () => (await jobIn(stores, id)).state === 'posting')
    await first.stop()
    const second = await createHarness({ stores })
    await until(async () => (await jobIn(stores, id)).state === 'done')
    expect(second.adapter.finals(id)).toHaveLength(1)
    expect(second.inference.requests).toEqual([])
    await second.stop()
  })
})

describe('a full disk', () => {
  /** Stores whose commits fail while `full` says so. */
  async function fillable(full: (change: Change) => boolean): Promise<Stores> {
    const stores = await createStores({ memory: true })
    return {
      ...stores,
      async commit(change) {
        if (full(change)) throw new AppError('storage/full', { message: 'the disk is full', retryable: true })
        await stores.commit(change)
      },
    }
  }

  it('refuses a message before it is acknowledged', async () => {
    const harness = await createHarness({ stores: await fillable(() => true) })
    await expect(harness.say('draw a fox')).rejects.toMatchObject({ code: 'storage/full' })
    expect(harness.adapter.messages).toEqual([])
    await harness.stop()
  })

  it('when a result is to be stored ends in a sentence; the job is kept and runs when tried again', async () => {
    let isFull = true
    const stores = await fillable(
      ({ thread, jobs }) => isFull && thread !== undefined && jobs?.[0]?.state === 'posting',
    )
    const harness = await createHarness({ stores })
    const accepted = await harness.say('draw a fox')
    const id = accepted.type === 'accepted' ? accepted.jobId : ''
    await until(() => harness.adapter.finals(id).length > 0)
    const [reply] = harness.adapter.finals(id)
    expect(partsOf(reply!, 'error')[0]!.sentence).toMatch(/disk/)
    const readAgain = await harness.bot.readReply(keyOf('t'), ann, id)
    expect(partsOf(readAgain!, 'error')[0]!.sentence).toMatch(/disk/)
    expect((await jobIn(stores, id)).state).toBe('running')
    expect(history(await harness.thread())).toHaveLength(1)
    isFull = false
    expect(await harness.press(`retry:${id}`)).toMatchObject({ type: 'accepted', jobId: id })
    await until(async () => (await jobIn(stores, id)).state === 'done')
    expect(imagesOf(harness.adapter.finals(id).at(-1)!)).toHaveLength(1)
    await harness.stop()
  })

  it('that has room again in time is not noticed', async () => {
    let failures = 2
    const stores = await fillable(({ jobs }) => jobs?.[0]?.state === 'posting' && failures-- > 0)
    const harness = await createHarness({ stores })
    const reply = await harness.ask('draw a fox')
    expect(reply.state).toBe('done')
    await harness.stop()
  })
})

it('threads of different platforms with the same ids do not meet', async () => {
  const harness = await createHarness()
  const reply = await harness.ask('draw a fox', { eventId: 'same' })
  const other = await harness.say('draw a fox', { eventId: 'same', key: { ...keyOf('t'), channelId: 'c' } })
  expect(other).toMatchObject({ type: 'accepted' })
  expect(other).not.toMatchObject({ jobId: reply.jobId })
  await harness.ended(other)
  await harness.stop()
})
