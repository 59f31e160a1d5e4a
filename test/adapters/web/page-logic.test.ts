import { describe, expect, it } from 'vitest'
import { announcement } from '../../../adapters/web/page/announce.ts'
import { addFiles } from '../../../adapters/web/page/attachments.tsx'
import { countSet, noOptions, toCommand } from '../../../adapters/web/page/drawing-options.ts'
import { applyFeedEvent } from '../../../adapters/web/page/feed-state.ts'
import { placeControls } from '../../../adapters/web/page/place-controls.ts'
import { ago, duration, ordinal, progressWords } from '../../../adapters/web/page/words.ts'
import type { WireControl, WireImage, WirePart, WireReply, WireThread } from '../../../adapters/web/wire.ts'

const reply = (parts: readonly WirePart[], final = false): WireReply => ({
  ...{ replyId: 'r1', jobId: 'j1', inReplyTo: 'e1', state: final ? 'done' : 'running', final, parts },
})
const drawing = (step: number, image = 0): WirePart => ({
  type: 'progress',
  progress: { phase: 'drawing', block: 0, image, images: 2, step, steps: 9, elapsedMs: 1 },
})
const image: WireImage = {
  ...{ imageId: 'i1', url: '/i1', downloadUrl: '/i1?download', mediaType: 'image/png' },
  ...{ width: 128, height: 128, alt: 'a red fox' },
}

describe('what a screen reader is told', () => {
  it('is each stage once, not each step or word', () => {
    expect(announcement(undefined, reply([{ type: 'progress', progress: { phase: 'queued', position: 2 } }]))).toBe(
      'Waiting in line, position 2',
    )
    expect(announcement(reply([]), reply([drawing(1)]))).toBe('Drawing picture 1 of 2')
    expect(announcement(reply([drawing(1)]), reply([drawing(2)]))).toBeUndefined()
    expect(announcement(reply([drawing(9)]), reply([drawing(1, 1)]))).toBe('Drawing picture 2 of 2')
    const words = (text: string) => reply([{ type: 'text', text, streaming: true }])
    expect(announcement(words('Once'), words('Once upon'))).toBeUndefined()
  })

  it('is the whole reply when it ends, once', () => {
    const end = reply(
      [
        { type: 'text', text: 'Here.', streaming: false },
        { type: 'images', block: 0, images: [image] },
      ],
      true,
    )
    expect(announcement(reply([]), end)).toBe('Here. Picture ready: a red fox.')
    expect(announcement(end, end)).toBeUndefined()
  })
})

describe('the thread that the page holds', () => {
  const thread: WireThread = {
    ...{ threadId: 't', title: '', createdAt: 0, updatedAt: 0, entries: [] },
    ...{ pictures: [], canUndo: false, canRedo: false, settings: {} },
  }
  it('takes replies in and ignores what it knows nothing about', () => {
    expect(applyFeedEvent(undefined, { name: 'reply', data: reply([]) })).toBeUndefined()
    const patch = { replyId: 'unknown', state: 'done', final: true, length: 0, changes: [] } as const
    expect(applyFeedEvent(thread, { name: 'patch', data: patch })).toBe(thread)
    const once = applyFeedEvent(thread, { name: 'reply', data: reply([]) })
    const twice = applyFeedEvent(once, { name: 'reply', data: reply([], true) })
    expect(twice?.entries).toEqual([{ type: 'reply', reply: reply([], true) }])
  })
})

describe('controls', () => {
  const control = (actionId: string, value?: string): WireControl => ({
    ...{ actionId, label: actionId, style: 'secondary' },
    ...(value !== undefined && {
      fields: [{ type: 'text', name: 'prompt', label: 'Prompt', value, multiline: true }] as const,
    }),
  })
  it('stand beside the prompt or the picture that they work on, the rest at the foot', () => {
    const prompt = (block: number, text: string) => ({ type: 'prompt', block, text, streaming: false }) as const
    const edits = [control('draw:t1:0', 'a fox'), control('draw:t1:1', 'a fox')]
    const redo = control('redo:i1')
    const cancel = control('cancel:j1')
    const placed = placeControls([
      prompt(0, 'a fox'),
      { type: 'images', block: 0, images: [image] },
      prompt(1, 'a fox'),
      { type: 'controls', controls: [...edits, redo, cancel] },
    ])
    expect(placed.ofPrompt(prompt(0, 'a fox'))).toBe(edits[0])
    expect(placed.ofPrompt(prompt(1, 'a fox'))).toBe(edits[1])
    expect(placed.ofImage('i1')).toEqual([redo])
    expect(placed.others).toEqual([cancel])
  })
})

describe('the drawing options', () => {
  it('become the options of /imagine that differ from the default', () => {
    expect(toCommand(noOptions)).toEqual({ name: 'imagine', options: {} })
    const options = { ...noOptions, steps: '12', guidance: '0', seed: '7', size: '16:9', negative: ' fog ', raw: true }
    expect(toCommand(options).options).toEqual({
      ...{ steps: 12, guidance: 0, seed: 7, ratio: '16:9', negative: 'fog', raw: true },
    })
    expect(toCommand({ ...noOptions, size: '512x512' }).options).toEqual({ size: '512x512' })
    expect(countSet(options)).toBe(6)
  })
})

describe('files', () => {
  const file = (name: string, type = 'image/png', size = 1) => new File([new Uint8Array(size)], name, { type })
  const limits = { filesPerMessage: 2, fileBytes: 1024 * 1024 }
  it.each([
    ['text is no picture', [file('a.txt', 'text/plain'), file('b.png')], ['b.png'], '“a.txt” is not a picture.'],
    ['too large', [file('a.png', 'image/png', 1024 * 1024 + 1)], [], '“a.png” is larger than 1 MiB.'],
    [
      'too many',
      [file('a.png'), file('b.png'), file('c.png')],
      ['a.png', 'b.png'],
      'A message takes 2 pictures at most.',
    ],
    ['fine', [file('a.png')], ['a.png'], undefined],
  ])('are checked before they are sent: %s', (_what, files, kept, problem) => {
    const result = addFiles([], files, limits)
    expect(result.files.map(({ name }) => name)).toEqual(kept)
    expect(result.problem).toBe(problem)
  })
})

describe('words', () => {
  it.each([
    [duration(200), '1 s'],
    [duration(59_400), '59 s'],
    [duration(95_000), '1 min 35 s'],
    [ordinal(1), '1st'],
    [ordinal(2), '2nd'],
    [ordinal(11), '11th'],
    [ordinal(23), '23rd'],
    [ago(0, 30_000), 'now'],
    [ago(0, 5 * 60_000), '5 min'],
    [ago(0, 3 * 3600_000), '3 h'],
    [ago(0, 30 * 3600_000), 'yesterday'],
    [progressWords({ phase: 'queued', position: 1 }), 'Waiting: next in line'],
    [progressWords({ phase: 'queued', position: 3 }), 'Waiting: 3rd in line'],
  ])('%s is %s', (said, expected) => {
    expect(said).toBe(expected)
  })
})
