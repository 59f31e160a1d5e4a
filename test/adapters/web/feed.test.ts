import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createFeeds } from '../../../adapters/web/feed.ts'
import type { FeedTiming, Feeds } from '../../../adapters/web/feed.ts'
import { applyFeedEvent } from '../../../adapters/web/page/feed-state.ts'
import type { FeedEvent } from '../../../adapters/web/page/feed-state.ts'
import { toWireReply } from '../../../adapters/web/to-wire.ts'
import type { WireReply, WireThread } from '../../../adapters/web/wire.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { readEvents, startWeb } from './web.ts'
import type { SentEvent } from './web.ts'

const key = { platform: 'web', workspaceId: '', channelId: 'local', threadId: 't1' }
const timing: FeedTiming = { coalesceMs: 30, heartbeatMs: 10_000, feedsPerPerson: 3 }

const saying = (text: string, final = false, replyId = 'r1'): OutgoingMessage => ({
  ...{
    replyId,
    jobId: 'j1',
    key,
    inReplyTo: 'e1',
    author: { id: 'a', name: 'Ann' },
    language: 'en',
    state: final ? 'done' : 'running',
    final,
  },
  parts: [{ type: 'text', text, streaming: !final }],
})

const threadWith = (...replies: OutgoingMessage[]): WireThread => ({
  ...{ threadId: 't1', title: 'A thread', createdAt: 0, updatedAt: 0 },
  ...{ pictures: [], canUndo: false, canRedo: false, settings: {} },
  entries: replies.map((message) => ({ type: 'reply', reply: toWireReply(message) })),
})

let feeds: Feeds | undefined
afterEach(() => feeds?.close())

function open(snapshot: () => Promise<WireThread | undefined>, change: Partial<FeedTiming> = {}) {
  feeds = createFeeds({ ...timing, ...change })
  return { feeds, reader: readEvents(new Response(feeds.open({ key, personId: 'local', snapshot }))) }
}

const textOf = (thread: WireThread | undefined): string | undefined => {
  const entry = thread?.entries[0]
  const part = entry?.type === 'reply' ? entry.reply.parts[0] : undefined
  return part?.type === 'text' ? part.text : undefined
}
const replay = (events: readonly SentEvent[]) =>
  events.reduce<WireThread | undefined>((thread, event) => applyFeedEvent(thread, event as FeedEvent), undefined)
const ends = (event: SentEvent): boolean =>
  (event.name === 'patch' || event.name === 'reply') && (event.data as WireReply).final

describe('a thread stream', () => {
  it('begins with a snapshot, then tells what changed', async () => {
    const { feeds, reader } = open(async () => threadWith(saying('Once')))
    expect(await reader.next()).toMatchObject({ name: 'snapshot', data: { title: 'A thread' } })
    feeds.publish(saying('Once upon'))
    expect(await reader.next()).toEqual({
      name: 'patch',
      data: {
        ...{ replyId: 'r1', state: 'running', final: false, length: 1 },
        changes: [{ index: 0, append: ' upon' }],
      },
    })
  })

  it('merges what happens quickly: few events, the newest state, no word lost', async () => {
    let state = saying('')
    const { feeds, reader } = open(async () => threadWith(state))
    const reading = reader.until(ends)
    const words = Array.from({ length: 300 }, (_, i) => `word${i}`)
    const started = performance.now()
    for (let i = 0; i < words.length; i++) {
      state = saying(words.slice(0, i + 1).join(' '))
      feeds.publish(state)
      if (i % 10 === 0) await delay(2)
    }
    const took = performance.now() - started
    feeds.publish(saying(words.join(' '), true))
    const events = await reading
    expect(events.length).toBeLessThanOrEqual(3 + took / timing.coalesceMs)
    expect(textOf(replay(events))).toBe(words.join(' '))
  })

  it('sends a reader who was away the newest state only, and never makes the bot wait', async () => {
    const { feeds, reader } = open(async () => threadWith(saying('0')))
    await reader.next()
    for (let i = 1; i <= 1000; i++) feeds.publish(saying(`state ${i}`))
    await delay(80)
    feeds.publish(saying('the last', true))
    const events = await reader.until(ends)
    expect(events.length).toBeLessThanOrEqual(2)
    expect(JSON.stringify(events.at(-1))).toContain('the last')
  })

  it('resumes after a reconnect without loss, as its first event holds the state', async () => {
    let state = saying('Once')
    const { feeds, reader } = open(async () => threadWith(state))
    await reader.next()
    await reader.cancel()
    state = saying('Once upon a time')
    feeds.publish(state)
    const again = readEvents(
      new Response(feeds.open({ key, personId: 'local', snapshot: async () => threadWith(state) })),
    )
    expect(textOf(replay([(await again.next())!]))).toBe('Once upon a time')
  })

  it('keeps a reply ended for its reader while the bot is still posting it', async () => {
    const { feeds, reader } = open(async () => threadWith(saying('Once')))
    await reader.next()
    feeds.publish(saying('Once upon a time.', true))
    const events = await reader.until((event) => event.name === 'snapshot')
    const snapshot = events.at(-1)?.data as WireThread
    expect(snapshot.entries).toMatchObject([{ reply: { final: true } }])
    expect(textOf(snapshot)).toBe('Once upon a time.')
  })

  it('reads the thread anew when it is told to, and ends when the thread is gone', async () => {
    let thread: WireThread | undefined = threadWith()
    const { feeds, reader } = open(async () => thread, { coalesceMs: 1 })
    await reader.next()
    thread = { ...threadWith(), title: 'Renamed' }
    feeds.refresh(key)
    expect(await reader.next()).toMatchObject({ name: 'snapshot', data: { title: 'Renamed' } })
    thread = undefined
    feeds.refresh(key)
    expect(await reader.next()).toEqual({ name: 'deleted', data: {} })
    expect(await reader.next()).toBeUndefined()
  })

  it('says that the thread could not be read without its insides, and goes on', async () => {
    let broken = true
    const { feeds, reader } = open(
      () => (broken ? Promise.reject(new Error('ENOENT /secret')) : Promise.resolve(threadWith())),
      { coalesceMs: 1 },
    )
    expect(await reader.next()).toEqual({
      name: 'failed',
      data: { code: 'internal', message: 'The thread could not be read.' },
    })
    broken = false
    feeds.refresh(key)
    expect((await reader.next())?.name).toBe('snapshot')
  })

  it('beats while nothing happens', async () => {
    const { reader } = open(async () => threadWith(), { coalesceMs: 1, heartbeatMs: 10 })
    const events = [await reader.next(), await reader.next(), await reader.next()]
    expect(events.map((event) => event?.name)).toEqual(['snapshot', 'ping', 'ping'])
  })

  it('is not opened more often than a person needs', async () => {
    const { feeds } = open(async () => threadWith())
    const source = { key, personId: 'local', snapshot: async () => threadWith() }
    const second = feeds.open(source)
    feeds.open(source)
    expect(() => feeds.open(source)).toThrow(expect.objectContaining({ code: 'access/limit' }))
    feeds.open({ ...source, personId: 'someone else' })
    await second.cancel()
    feeds.open(source)
  })

  it('belongs to its thread', async () => {
    const { feeds, reader } = open(async () => threadWith(), { coalesceMs: 1, heartbeatMs: 30 })
    await reader.next()
    feeds.publish({ ...saying('secret'), key: { ...key, threadId: 't2' } })
    feeds.publish({ ...saying('secret'), key: { ...key, channelId: 'someone else' } })
    expect((await reader.next())?.name).toBe('ping')
  })
})

describe('the route of a stream', () => {
  it('plays a whole drawing: words, prompt, previews as data, then the picture', async () => {
    const web = await startWeb()
    await web.send('POST', '/api/threads/t1/messages', { text: 'draw a fox', eventId: 'event-0001' })
    const response = await web.request('/api/threads/t1/events')
    expect(response.headers.get('Content-Type')).toContain('text/event-stream')
    const reader = readEvents(response)
    const events = await reader.until(ends)
    await reader.cancel()
    const told = JSON.stringify(events)
    expect(told).toContain('data:image/png;base64,')
    expect(told).toContain('a big fox in the center')
    const last = replay(events)?.entries.at(-1)
    expect(last).toMatchObject({ type: 'reply', reply: { final: true, inReplyTo: 'event-0001' } })
  })

  it('does not exist for a thread that does not', async () => {
    const web = await startWeb()
    expect((await web.request('/api/threads/t1/events')).status).toBe(404)
    expect((await web.request('/api/threads/a.b/events')).status).toBe(404)
  })
})
