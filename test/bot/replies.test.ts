import { describe, expect, it } from 'vitest'
import { AppError, errorCodes } from '../../src/contract/errors.ts'
import type { StepEvent } from '../../src/contract/inference.ts'
import type { Job } from '../../src/contract/job.ts'
import { actionIdOf, parseActionId, type Action } from '../../src/bot/actions.ts'
import { drawRequest } from '../../src/bot/drawing.ts'
import { createJob, isOpen, jobIdOf, moveJob, requeueJob, startJob } from '../../src/bot/jobs.ts'
import { emptyReply, keptItems, liveMessage, reduceReply, type ReplyEvent } from '../../src/bot/reply.ts'
import { sentenceOf } from '../../src/language/error-sentence.ts'
import { parseStyles, styled } from '../../src/bot/styles.ts'
import { ann, keyOf, styles } from '../support/bot-harness.ts'

const incoming = {
  type: 'action',
  key: keyOf('t'),
  eventId: 'e',
  author: ann,
  actionId: '',
  values: {},
  receivedAt: 1,
} as const
const job: Job = createJob(incoming, { kind: 'chat', turnId: 'u1', seed: 1, drawing: {} }, 5)

const step = (extra: Partial<StepEvent> = {}): StepEvent => ({
  image: 0,
  images: 1,
  step: 1,
  steps: 2,
  stepMs: 10,
  elapsedMs: 10,
  ...extra,
})
const after = (...events: readonly ReplyEvent[]) => events.reduce(reduceReply, emptyReply)
const partsAfter = (...events: readonly ReplyEvent[]) => liveMessage(job, after(...events)).parts.slice(0, -1)

describe('a reply in the making', () => {
  it('shows the place in line, then that it thinks, then what comes', () => {
    expect(partsAfter({ type: 'queued', position: 3 })).toEqual([
      { type: 'progress', progress: { phase: 'queued', position: 3 } },
    ])
    expect(partsAfter({ type: 'running' })).toEqual([{ type: 'progress', progress: { phase: 'thinking' } }])
    expect(partsAfter({ type: 'running' }, { type: 'text', text: ' Sure' }, { type: 'text', text: '!' })).toEqual([
      { type: 'text', text: 'Sure!', streaming: true },
    ])
  })

  it('shows a prompt while it is written, then its progress below it', () => {
    const prompt: ReplyEvent[] = [
      { type: 'running' },
      { type: 'prompt-text', block: 0, text: 'a ' },
      { type: 'prompt-text', block: 0, text: 'fox' },
    ]
    expect(partsAfter(...prompt)).toEqual([{ type: 'prompt', block: 0, text: 'a fox', streaming: true }])
    const done: ReplyEvent[] = [...prompt, { type: 'prompt', block: 0, prompt: 'a fox' }]
    expect(partsAfter(...done, { type: 'waiting', block: 0, position: 2 })[1]).toEqual({
      type: 'progress',
      progress: { phase: 'queued', position: 2 },
    })
    expect(partsAfter(...done, { type: 'step', block: 0, step: step({ remainingMs: 10 }) })[1]).toEqual({
      type: 'progress',
      progress: { phase: 'drawing', block: 0, image: 0, images: 1, step: 1, steps: 2, elapsedMs: 10, remainingMs: 10 },
    })
    expect(partsAfter(...done, { type: 'step', block: 0, step: step() }, { type: 'drawn', block: 0 })).toHaveLength(1)
  })

  it('keeps the last preview of a picture until a newer one comes, and drops it for the next picture', () => {
    const preview = { bytes: new Uint8Array([1]), mediaType: 'image/png' }
    const events: ReplyEvent[] = [
      { type: 'step', block: 0, step: step({ preview }) },
      { type: 'step', block: 0, step: step({ step: 2 }) },
    ]
    const last = after(...events).items[0]
    expect(last?.type === 'picture' && last.progress?.preview).toBe(preview)
    const next = after(...events, { type: 'step', block: 0, step: step({ image: 1 }) }).items[0]
    expect(next?.type === 'picture' && next.progress?.preview).toBeUndefined()
  })

  it('keeps text and prompts in the order in which they came', () => {
    const { items } = after(
      { type: 'text', text: 'one' },
      { type: 'prompt', block: 0, prompt: 'p' },
      { type: 'text', text: ' ' },
      { type: 'text', text: 'two' },
      { type: 'prompt', block: 1, prompt: 'q' },
      { type: 'step', block: 0, step: step() },
    )
    expect(items.map((item) => (item.type === 'text' ? item.text : item.prompt))).toEqual(['one', 'p', 'two', 'q'])
  })

  it('keeps nothing of a prompt that was cut off', () => {
    const { items } = after({ type: 'text', text: 'one' }, { type: 'prompt-text', block: 0, text: 'half' })
    const error = new AppError('inference/cancelled', { message: 'c' }).toJSON()
    expect(keptItems(items, error).map(({ type }) => type)).toEqual(['text'])
    expect(keptItems(items, undefined)).toHaveLength(2)
  })
})

describe('a job', () => {
  it('has an id that follows from its event and its thread', () => {
    expect(jobIdOf(incoming)).toBe(job.id)
    expect(jobIdOf({ ...incoming, eventId: 'f' })).not.toBe(job.id)
    expect(jobIdOf({ ...incoming, key: keyOf('t2') })).not.toBe(job.id)
  })

  it('goes through its life one way, and counts its starts', () => {
    const running = startJob(job, 6)
    expect(running).toMatchObject({ state: 'running', attempts: 1, updatedAt: 6 })
    expect(startJob(running, 7)).toMatchObject({ attempts: 2 })
    expect(requeueJob(running, 7)).toMatchObject({ state: 'queued', attempts: 0 })
    const done = moveJob(moveJob(running, 'posting', 8), 'done', 9)
    expect([job, running, done].map(isOpen)).toEqual([true, true, false])
    for (const state of ['queued', 'running', 'posting', 'failed'] as const)
      expect(() => moveJob(done, state, 10)).toThrow(/cannot go from done/)
    expect(() => moveJob(job, 'done', 10)).toThrow(/cannot go from queued/)
  })
})

describe('a control', () => {
  it.each<Action>([
    { kind: 'redo', imageId: 'abc-0-1' },
    { kind: 'delete', imageId: 'x' },
    { kind: 'draw', turnId: 'rabc', block: 3 },
    { kind: 'retry', jobId: 'abc' },
  ])('has an id that can be read back: %j', (action) => {
    expect(parseActionId(actionIdOf(action))).toEqual(action)
  })
})

describe('a style', () => {
  it('adds its words to what is drawn and to what is avoided', () => {
    expect(styled(styles['logo'], 'a fox', 'blurry')).toEqual({
      prompt: 'a fox, flat vector logo, simple shapes, plain background',
      negativePrompt: 'blurry, photo, text, clutter',
    })
    expect(styled(undefined, 'a fox', undefined)).toEqual({ prompt: 'a fox', negativePrompt: '' })
    const request = drawRequest(
      { prompt: 'a fox', drawing: { style: 'none', count: 3 }, seed: 2 ** 32 - 2, block: 1 },
      styles,
    )
    expect(request).toEqual({ kind: 'text-to-image', prompt: 'a fox', seed: 1, count: 3 })
  })

  it('is checked when it is read', () => {
    expect(() => parseStyles({ 'A B': { title: 't', suffix: 's' } }, 'f.json')).toThrow(/f\.json/)
    expect(() => parseStyles({ a: { title: 't' } }, 'f.json')).toThrow(/suffix/)
  })
})

describe('an error', () => {
  it.each(errorCodes)('%s is told in a sentence', (code) => {
    const sentence = sentenceOf(new AppError(code, { message: 'the fox has 3 legs' }).toJSON(), 'en')
    expect(sentence).toMatch(/^[A-Z].*[.!?]$/)
    expect(sentence).not.toMatch(/undefined|AppError/)
  })

  it('about what a person gave names it, with what to do', () => {
    const error = new AppError('input/invalid-option', { message: 'steps cannot be "0"', hint: 'Allowed: 1 to 150.' })
    expect(sentenceOf(error.toJSON(), 'en')).toBe('Steps cannot be "0". Allowed: 1 to 150.')
  })

  it('about a file of the model names it, and no other folder of the machine', () => {
    const details = { file: '/home/ann/models/tiny/unet/model.safetensors' }
    const error = new AppError('weights/missing', { message: `${details.file} is missing`, details })
    expect(sentenceOf(error.toJSON(), 'en')).toBe(
      "The model's file unet/model.safetensors is missing; the person who runs the bot must restore it.",
    )
  })
})
