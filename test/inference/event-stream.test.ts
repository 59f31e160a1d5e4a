import { expect, it, vi } from 'vitest'
import type { InferenceEvent } from '../../src/contract/inference.ts'
import { createEventStream } from '../../src/inference/event-stream.ts'
import { collect } from './door.ts'

const text = (word: string): InferenceEvent => ({ type: 'text', text: word })
const done: InferenceEvent = { type: 'done', result: { timings: {} } }
const stepOf = (step: number, previewed = true): InferenceEvent => ({
  ...{ type: 'step', image: 0, images: 1, step, steps: 9, stepMs: 1, elapsedMs: step },
  ...(previewed ? { preview: { bytes: new Uint8Array([step]), mediaType: 'image/png' } } : {}),
})
const ignore = () => undefined

it('hands on what was pushed before and after it is read, in order, and ends after the last event', async () => {
  const { push, events } = createEventStream(ignore)
  push(text('a'))
  const all = collect(events)
  await Promise.resolve()
  for (const event of [text('b'), done, text('too late')]) push(event)
  expect(await all).toEqual([text('a'), text('b'), done])
})

it('keeps every step of a slow consumer but only the newest preview', async () => {
  const { push, events } = createEventStream(ignore)
  for (const event of [stepOf(1), stepOf(2), text('a'), stepOf(3), stepOf(4, false), done]) push(event)
  expect(await collect(events)).toEqual([
    stepOf(1, false),
    stepOf(2, false),
    text('a'),
    stepOf(3),
    stepOf(4, false),
    done,
  ])
})

it('gives a consumer that keeps up every preview', async () => {
  const { push, events } = createEventStream(ignore)
  const iterator = events[Symbol.asyncIterator]()
  for (const step of [1, 2, 3]) {
    push(stepOf(step))
    expect((await iterator.next()).value).toEqual(stepOf(step))
  }
})

it('tells when its consumer leaves early, and not when it has read to the end', async () => {
  const onReturn = vi.fn()
  const left = createEventStream(onReturn)
  left.push(text('a'))
  for await (const event of left.events) if (event.type === 'text') break
  expect(onReturn).toHaveBeenCalledTimes(1)
  expect(await collect(left.events)).toEqual([])

  const read = createEventStream(onReturn)
  read.push(done)
  await collect(read.events)
  expect(onReturn).toHaveBeenCalledTimes(1)
})
