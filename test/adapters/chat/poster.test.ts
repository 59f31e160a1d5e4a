import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { createPoster, type Poster } from '../../../adapters/chat/poster.ts'
import { SurfaceError } from '../../../adapters/chat/surface.ts'
import type { Notes } from '../../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { until } from '../../support/bot-harness.ts'
import { fakeSurface, type FakeSurface } from './fake-surface.ts'

const key = { platform: 'fake', workspaceId: 'w', channelId: 'c', threadId: 't' }
const state = (texts: readonly string[], final = false, replyId = 'r1'): OutgoingMessage => ({
  replyId,
  jobId: 'j1',
  key,
  inReplyTo: 'e1',
  author: { id: 'ann', name: 'Ann' },
  language: 'en',
  state: final ? 'done' : 'running',
  parts: texts.map((text) => ({ type: 'text', text, streaming: false })),
  final,
})

function memoryNotes(): Notes {
  const values = new Map<string, string>()
  return {
    get: async (name) => (values.has(name) ? (JSON.parse(values.get(name)!) as unknown) : undefined),
    set: async (name, value) => void values.set(name, JSON.stringify(value)),
    remove: async (name) => void values.delete(name),
  }
}

const open: Poster[] = []
afterEach(async () => {
  for (const poster of open.splice(0)) await poster.stop()
})

function start({ surface = fakeSurface(), notes = memoryNotes(), intervalMs = 0 } = {}) {
  const poster = createPoster({ surface, notes, log: pino({ level: 'silent' }), intervalMs })
  open.push(poster)
  return { surface, notes, poster }
}

const textsOf = ({ messages }: FakeSurface): readonly string[] => [...messages.values()].map(({ text }) => text)

describe('a reply on a platform', () => {
  it('is posted once and edited from then on', async () => {
    const { surface, poster } = start()
    await poster.render(state(['Thinking…']))
    await until(() => surface.messages.size === 1)
    await poster.render(state(['A fox.'], true))
    expect(textsOf(surface)).toEqual(['A fox.'])
    expect(surface.calls).toEqual(['create', 'edit m1'])
  })

  it('shows only the newest of the states that came while another was shown', async () => {
    const { surface, poster } = start({ intervalMs: 30 })
    for (let i = 0; i < 50; i++) await poster.render(state([`step ${i}`]))
    await poster.render(state(['done'], true))
    expect(textsOf(surface)).toEqual(['done'])
    expect(surface.calls.length).toBeLessThan(5)
  })

  it('is not edited when nothing changed, and a late live state does not undo the end', async () => {
    const { surface, poster } = start()
    await poster.render(state(['A fox.'], true))
    await poster.render(state(['A fox.'], true))
    await poster.render(state(['Thinking…']))
    await poster.stop()
    expect(surface.calls).toEqual(['create'])
    expect(textsOf(surface)).toEqual(['A fox.'])
  })

  it('takes as many messages as it needs, and gives back those that it needs no more', async () => {
    const { surface, poster } = start()
    await poster.render(state(['one', 'two', 'three']))
    await until(() => surface.messages.size === 3)
    await poster.render(state(['one', 'zwei'], true))
    expect(textsOf(surface)).toEqual(['one', 'zwei'])
    expect(surface.calls).toEqual(['create', 'create', 'create', 'edit m2', 'remove m3'])
  })

  it('is known by its messages', async () => {
    const { poster } = start()
    await poster.render(state(['fox'], true))
    expect(await poster.shownBy('c', 'm1')).toEqual({ jobId: 'j1', replyId: 'r1', imageIds: ['image of fox'] })
    expect(await poster.imagesShownBy('c', 'other')).toEqual([])
  })
})

describe('when the platform fails', () => {
  const later = new SurfaceError('later', 'try again', { retryAfterMs: 5 })

  it('an end that was not taken is refused, and arrives once when it is rendered again', async () => {
    const { surface, poster } = start()
    surface.failures.push({ on: 'create', error: later })
    await expect(poster.render(state(['fox'], true))).rejects.toThrow('try again')
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox'])
  })

  it('a message that was posted although the answer was lost is found, not posted again', async () => {
    const { surface, poster } = start()
    surface.failures.push({ on: 'create', error: later, carriedOut: true })
    await expect(poster.render(state(['fox'], true))).rejects.toThrow()
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox'])
    expect(surface.calls).toEqual(['create', 'find', 'edit m1'])
  })

  it('a part that was posted although the answer was lost goes when the end needs it no more', async () => {
    const { surface, poster } = start()
    await poster.render(state(['one']))
    await until(() => surface.messages.size === 1)
    surface.failures.push({ on: 'create', error: later, carriedOut: true })
    await poster.render(state(['one more', 'two']))
    await until(() => surface.messages.size === 2)
    await poster.render(state(['done'], true))
    expect(textsOf(surface)).toEqual(['done'])
  })

  it('nor is it posted twice when another part was changed meanwhile', async () => {
    const { surface, poster } = start()
    await poster.render(state(['one']))
    await until(() => surface.messages.size === 1)
    surface.failures.push({ on: 'create', error: later, carriedOut: true })
    await poster.render(state(['one', 'two']))
    await until(() => surface.messages.size === 2)
    await poster.render(state(['changed', 'two, too'], true))
    expect(textsOf(surface)).toEqual(['changed', 'two, too'])
  })

  it('so it is over a restart', async () => {
    const first = start()
    first.surface.failures.push({ on: 'create', error: later, carriedOut: true })
    await expect(first.poster.render(state(['fox'], true))).rejects.toThrow()
    const { surface, poster } = start({ surface: first.surface, notes: first.notes })
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox'])
  })

  it('a live state that fails is left out, and the end arrives', async () => {
    const { surface, poster } = start()
    surface.failures.push({ on: 'create', error: later })
    await poster.render(state(['Thinking…']))
    await until(() => surface.failures.length === 0)
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox'])
  })

  it('an end whose message somebody deleted is posted anew, under another nonce', async () => {
    const { surface, poster } = start()
    await poster.render(state(['Thinking…']))
    await until(() => surface.messages.size === 1)
    const [{ nonce } = { nonce: '' }] = surface.messages.values()
    surface.messages.clear()
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox'])
    expect([...surface.messages.values()][0]!.nonce).not.toBe(nonce)
  })

  it('an end for a place that is gone is given up', async () => {
    const { surface, poster } = start()
    surface.failures.push({ on: 'create', error: new SurfaceError('gone', 'unknown channel') })
    await poster.render(state(['fox'], true))
    expect(surface.messages.size).toBe(0)
  })

  it('what the platform does not take is said in plain words', async () => {
    const { surface, poster } = start()
    surface.failures.push({ on: 'create', error: new SurfaceError('refused', 'invalid form body') })
    await poster.render(state(['fox'], true))
    expect(textsOf(surface)).toEqual(['fox', 'The answer could not be posted here.'])
  })
})
