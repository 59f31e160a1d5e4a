import { describe, expect, it } from 'vitest'
import type { ObservedEnd, ObservedJob, Observer } from '../../src/contract/observer.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { ann, bo, createHarness, keyOf, until } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

const { start } = useHarness()
const imagine = (thread: string, extra = {}) => ({ key: keyOf(thread), text: '/imagine a fox', ...extra })
const slow = { stepMs: 60, steps: 4 }

describe('draining', () => {
  it('finishes and posts what runs, and leaves what waits for the next start', async () => {
    const stores = await createStores({ memory: true })
    const first = await createHarness({ stores, script: { stepMs: 60, steps: 40 } })
    const running = await first.say('draw a fox', imagine('t'))
    await until(async () => (await first.bot.status()).lanes.draw.running === 1)
    const waiting = await first.say('draw a cat', imagine('u', { author: bo }))
    const drained = first.bot.drain(20_000)
    const late = await first.say('draw a dog', imagine('v', { author: bo }))
    await drained
    await first.stop()
    const ids = [running, waiting, late].map((one) => ('jobId' in one ? one.jobId : ''))
    const states = await Promise.all(ids.map(async (id) => (await stores.jobs.get(id))?.state))
    expect(states).toEqual(['done', 'queued', 'queued'])
    expect(first.adapter.finals(ids[0]!)).toHaveLength(1)

    const second = await createHarness({ stores })
    await until(async () => (await stores.jobs.openIds()).length === 0)
    for (const id of ids.slice(1)) expect(second.adapter.finals(id)).toHaveLength(1)
    await second.stop()
  })

  it('gives up after its time; what ran still is queued again without a start more', async () => {
    const { bot, say, stores } = await start({ script: { stepMs: 20, steps: 1000 } })
    const { jobId } = (await say('draw a fox')) as { jobId: string }
    await until(async () => (await stores.jobs.get(jobId))?.state === 'running')
    await bot.drain(50)
    expect((await stores.jobs.get(jobId))?.state).toBe('running')
    expect((await bot.status()).draining).toBe(true)
    await bot.stop()
    expect(await stores.jobs.get(jobId)).toMatchObject({ state: 'queued', attempts: 0 })
  })
})

describe('figures', () => {
  it('tell jobs and places as they stand', async () => {
    const { bot, say } = await start({ script: slow })
    const idle = await bot.status()
    expect(idle.jobs).toEqual({ queued: 0, running: 0, posting: 0 })
    expect(idle.adapters).toEqual({ web: { state: 'connected', since: idle.startedAt } })
    await say('/imagine a fox', imagine('t'))
    await say('/imagine a cat', imagine('u', { author: bo }))
    await say('/imagine a cat', imagine('t'))
    await until(async () => {
      const { jobs, lanes } = await bot.status()
      return jobs.running === 2 && jobs.queued === 1 && lanes.draw.running === 1 && lanes.draw.waiting === 1
    })
  })

  it('count each job once, by its kind, without anybody’s words', async () => {
    const told: [string, ObservedJob, unknown?][] = []
    const observer: Observer = {
      jobAccepted: (job) => told.push(['accepted', job]),
      jobStarted: (job, waitMs) => told.push(['started', job, waitMs]),
      jobEnded: (job, end) => told.push(['ended', job, end]),
      jobPosted: (job, postMs) => told.push(['posted', job, postMs]),
    }
    const { ask, bot, say } = await start({ observer, script: slow })
    await ask('a secret wish', { key: keyOf('t'), author: ann })
    const { jobId } = (await say('another one')) as { jobId: string }
    await until(async () => (await bot.status()).jobs.running === 1)
    await bot.handle({
      type: 'action',
      key: keyOf('t'),
      eventId: 'cancel',
      author: ann,
      actionId: `cancel:${jobId}`,
      values: {},
      receivedAt: 1,
    })
    await until(() => told.filter(([what]) => what === 'posted').length === 2)
    expect(told.map(([what]) => what)).toEqual([
      ...['accepted', 'started', 'ended', 'posted'],
      ...['accepted', 'started', 'ended', 'posted'],
    ])
    expect(JSON.stringify(told)).not.toMatch(/secret|another/)
    const [done, cancelled] = told.filter(([what]) => what === 'ended').map(([, , end]) => end as ObservedEnd)
    expect(done).toMatchObject({ end: 'done', pictures: 1 })
    expect(done!.runMs).toBeGreaterThan(100)
    expect(cancelled).toMatchObject({ end: 'cancelled', code: 'inference/cancelled' })
  })
})
