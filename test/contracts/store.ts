import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConversationState, ImageNode } from '../../src/contract/conversation.ts'
import { errorCodes } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/job.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { sha256Of } from '../../src/conversation/blobs.ts'
import { addImages, deleteImage } from '../../src/conversation/images.ts'
import type { Stores } from '../../src/conversation/stores.ts'
import { appendTurn, createThread } from '../../src/conversation/thread.ts'

export const keyOf = (threadId: string): ThreadKey => ({ platform: 'web', workspaceId: '', channelId: '', threadId })
export const ann = { id: 'ann', name: 'Ann' }
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A thread with one user turn that brings pictures of these bytes. */
export function threadWith(threadId: string, pictures: readonly Uint8Array[] = [], owner = ann): ConversationState {
  const nodes = pictures.map((bytes, index): ImageNode => ({
    id: `${threadId}-${index}`,
    turnId: 'u1',
    sha256: sha256Of(bytes),
    mediaType: 'image/png',
    width: 1,
    height: 1,
    operation: 'upload',
    author: owner,
    createdAt: 5,
  }))
  const empty = createThread({ key: keyOf(threadId), owner, title: `thread ${threadId}`, now: 5 })
  const uploads = nodes.map(({ id }) => ({ type: 'upload', imageId: id }) as const)
  return appendTurn(addImages(empty, nodes), {
    id: 'u1',
    role: 'user',
    author: owner,
    blocks: [...uploads, { type: 'text', text: 'Hello ☃' }],
    jobId: 'j1',
    createdAt: 6,
    ...(nodes.length > 0 ? { headImageId: nodes.at(-1)!.id } : {}),
  })
}

export const jobOf = (id: string, threadId: string, state: Job['state'] = 'queued'): Job => ({
  version: 1,
  id,
  key: keyOf(threadId),
  author: ann,
  eventId: `event of ${id}`,
  request: { kind: 'chat', turnId: 'u1', seed: 7, drawing: { steps: 0, raw: false } },
  state,
  attempts: 0,
  createdAt: 1,
  updatedAt: 1,
  replyTurnId: `r${id}`,
})

/** Rules that every kind of stores keeps. `open` gives empty ones. */
export function storeContract(name: string, open: () => Promise<Stores>): void {
  describe(`${name} keeps the contract of stores`, () => {
    let stores: Stores
    beforeEach(async () => {
      stores = await open()
    })
    afterEach(() => stores.close())

    it('gives back what was stored, to the last key', async () => {
      const thread = threadWith('t1', [bytesOf('one')])
      const job = jobOf('j1', 't1')
      await stores.commit({ thread, pictures: [bytesOf('one')], jobs: [job], event: { id: 'e1', jobId: 'j1' } })
      expect(await stores.threads.get(keyOf('t1'))).toEqual(thread)
      expect(await stores.jobs.get('j1')).toEqual(job)
      expect(await stores.events.get('e1')).toEqual({ version: 1, jobId: 'j1', at: expect.any(Number) as number })
      expect(await stores.blobs.read(sha256Of(bytesOf('one')))).toEqual(bytesOf('one'))
    })

    it('knows nothing that was not stored', async () => {
      expect(await stores.threads.get(keyOf('nobody'))).toBeUndefined()
      expect(await stores.jobs.get('none')).toBeUndefined()
      expect(await stores.events.get('none')).toBeUndefined()
      expect(await stores.blobs.read('0'.repeat(64))).toBeUndefined()
      expect(await stores.threads.list('web', 'ann')).toEqual([])
      expect(await stores.jobs.openIds()).toEqual([])
    })

    it('is not changed by what happens to a value after it was stored or read', async () => {
      const bytes = bytesOf('mine')
      await stores.commit({ thread: threadWith('t1', [bytes]), pictures: [bytes] })
      bytes.fill(0)
      const read = await stores.blobs.read(sha256Of(bytesOf('mine')))
      read?.fill(1)
      expect(await stores.blobs.read(sha256Of(bytesOf('mine')))).toEqual(bytesOf('mine'))
    })

    it('lists the threads of one person on one platform, newest first', async () => {
      const bo = { id: 'ann/x', name: 'Bo' } // an id that would collide were it not escaped
      await stores.commit({ thread: { ...threadWith('old'), updatedAt: 1 } })
      await stores.commit({ thread: { ...threadWith('new', [bytesOf('p')]), updatedAt: 2 }, pictures: [bytesOf('p')] })
      await stores.commit({ thread: threadWith('his', [], bo) })
      expect(await stores.threads.list('web', 'ann')).toMatchObject([
        { key: keyOf('new'), title: 'thread new', updatedAt: 2, headImageSha256: sha256Of(bytesOf('p')) },
        { key: keyOf('old'), title: 'thread old', updatedAt: 1 },
      ])
      expect((await stores.threads.list('web', 'ann/x')).map(({ key }) => key.threadId)).toEqual(['his'])
      expect(await stores.threads.list('slack', 'ann')).toEqual([])
    })

    it('names the jobs that have not ended', async () => {
      await stores.commit({ jobs: [jobOf('a', 't1'), jobOf('b', 't1', 'running'), jobOf('c', 't1', 'posting')] })
      await stores.commit({ jobs: [jobOf('a', 't1', 'done')] })
      expect((await stores.jobs.openIds()).toSorted()).toEqual(['b', 'c'])
      expect(await stores.jobs.get('a')).toMatchObject({ state: 'done' })
    })

    it('keeps the bytes of a picture until no thread shows it', async () => {
      const shared = bytesOf('shared')
      const first = threadWith('t1', [shared])
      await stores.commit({ thread: first, pictures: [shared] })
      await stores.commit({ thread: threadWith('t2', [shared]), pictures: [shared] })
      await stores.commit({ thread: deleteImage(first, 't1-0', 9), released: [sha256Of(shared)] })
      expect(await stores.blobs.read(sha256Of(shared))).toEqual(shared)
      await stores.threads.remove(threadWith('t2', [shared]))
      expect(await stores.blobs.read(sha256Of(shared))).toBeUndefined()
    })

    it('keeps the bytes while another picture of the same thread has them', async () => {
      const twice = bytesOf('twice')
      const thread = threadWith('t1', [twice, twice])
      await stores.commit({ thread, pictures: [twice, twice] })
      const once = deleteImage(thread, 't1-0', 9)
      await stores.commit({ thread: once, released: [sha256Of(twice)] })
      expect(await stores.blobs.read(sha256Of(twice))).toEqual(twice)
      await stores.commit({ thread: deleteImage(once, 't1-1', 10), released: [sha256Of(twice)] })
      expect(await stores.blobs.read(sha256Of(twice))).toBeUndefined()
    })

    it('forgets a thread with its jobs, and nothing else', async () => {
      await stores.commit({ thread: threadWith('t1'), jobs: [jobOf('j1', 't1')] })
      await stores.commit({ thread: threadWith('t2'), jobs: [jobOf('j2', 't2')] })
      await stores.threads.remove(threadWith('t1'))
      expect(await stores.threads.get(keyOf('t1'))).toBeUndefined()
      expect(await stores.jobs.get('j1')).toBeUndefined()
      expect(await stores.jobs.openIds()).toEqual(['j2'])
      expect((await stores.threads.list('web', 'ann')).map(({ key }) => key.threadId)).toEqual(['t2'])
    })

    it('refuses ids that are too long for a key, and stores nothing of that change', async () => {
      const change = { thread: threadWith('x'.repeat(3000)), jobs: [jobOf('j1', 't1')] }
      await expect(stores.commit(change)).rejects.toMatchObject({ code: 'input/too-long' })
      expect(await stores.jobs.get('j1')).toBeUndefined()
    })

    it('takes many changes at once without losing one', async () => {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          stores.commit({ thread: threadWith(`t${i}`), jobs: [jobOf(`j${i}`, 't')] }),
        ),
      )
      expect(await stores.threads.list('web', 'ann')).toHaveLength(50)
      expect(await stores.jobs.openIds()).toHaveLength(50)
    })

    it('reads errors of every code back', async () => {
      const jobs = errorCodes.map((code, index) => ({
        ...jobOf(`j${index}`, 't1', 'failed'),
        error: { code, message: 'm', retryable: false },
      }))
      await stores.commit({ jobs })
      for (const job of jobs) expect(await stores.jobs.get(job.id)).toEqual(job)
    })
  })
}
