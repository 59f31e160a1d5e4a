import { describe, expect, it } from 'vitest'
import { pictureName } from '../../../adapters/terminal/files.ts'
import { createHumanView } from '../../../adapters/terminal/human-view.ts'
import { createJsonView } from '../../../adapters/terminal/json-view.ts'
import { parseLine } from '../../../adapters/terminal/parse-line.ts'
import { printable } from '../../../adapters/terminal/printable.ts'
import { isMilestone, showDuration, showProgress } from '../../../adapters/terminal/progress-line.ts'
import { replyChanges } from '../../../adapters/terminal/reply-changes.ts'
import { withHint, type ShownChange, type View } from '../../../adapters/terminal/view.ts'
import type { OutgoingMessage, Part, Progress } from '../../../src/contract/outgoing.ts'

const key = { platform: 'terminal', workspaceId: '', channelId: '', threadId: 'main' }
const message = (parts: readonly Part[], final = false): OutgoingMessage => ({
  replyId: 'r',
  jobId: 'j',
  key,
  inReplyTo: 'e',
  author: { id: 'a', name: 'Ann' },
  language: 'en',
  state: final ? 'done' : 'running',
  parts,
  final,
})
const text = (words: string, streaming = false): Part => ({ type: 'text', text: words, streaming })
const prompt = (words: string, block = 0): Part => ({ type: 'prompt', block, text: words, streaming: false })
const drawing = (step: number, image = 0): Progress => ({
  phase: 'drawing',
  block: 0,
  image,
  images: 2,
  step,
  steps: 20,
  elapsedMs: 100 * step,
  ...(step > 0 && { remainingMs: 4000 }),
})

describe('replyChanges', () => {
  it('tells the words that are new', () => {
    expect(replyChanges(message([text('Once upon ')]), message([text('Once upon a time')]))).toEqual([
      { type: 'text', text: ' a time', restart: false },
    ])
  })

  it('keeps apart the texts and prompts of a story, wherever they move in the list', () => {
    const before = message([text('One.'), prompt('a fox')])
    const progress: Part = { type: 'progress', progress: { phase: 'thinking' } }
    const after = message([progress, text('One.'), prompt('a fox'), text('Two.'), prompt('a dog', 1)])
    expect(replyChanges(before, after).slice(1)).toEqual([
      { type: 'text', text: 'Two.', restart: false },
      { type: 'prompt', block: 1, text: 'a dog', restart: false },
    ])
  })

  it('says nothing twice when a final text has lost white space at its ends', () => {
    const before = message([text('Here it is: '), prompt(' a fox')])
    expect(replyChanges(before, message([text('Here it is:'), prompt('a fox')], true))).toEqual([
      { type: 'end', state: 'done', controls: [] },
    ])
  })

  it('begins anew when a job ran again and says something else', () => {
    expect(replyChanges(message([text('A dog')]), message([text('A fox')]))).toEqual([
      { type: 'text', text: 'A fox', restart: true },
    ])
  })

  it('is empty after the end', () => {
    const final = message([text('Done.')], true)
    expect(replyChanges(final, final)).toEqual([])
  })
})

describe('progress', () => {
  it.each([
    [400, '0.4 s'],
    [9_940, '9.9 s'],
    [12_300, '12 s'],
    [125_000, '2 min 5 s'],
  ])('shows %i ms as %s', (ms, shown) => expect(showDuration(ms)).toBe(shown))

  it.each<[Progress, boolean, string]>([
    [{ phase: 'queued', position: 1 }, false, 'queued: next in line'],
    [{ phase: 'queued', position: 4 }, false, 'queued: number 4 in line'],
    [{ phase: 'thinking' }, true, 'thinking…'],
    [drawing(0), false, 'drawing 1/2 step 0/20, 0.0 s'],
    [drawing(10, 1), true, `drawing 2/2 ${'█'.repeat(12)}${'░'.repeat(12)} step 10/20, 1.0 s, about 4.0 s left`],
  ])('shows %j in a line', (progress, bar, line) => expect(showProgress(progress, { bar })).toBe(line))

  it('is logged at each quarter, picture and phase only', () => {
    const all = [
      { phase: 'thinking' } as const,
      ...Array.from({ length: 21 }, (_, step) => drawing(step)),
      drawing(0, 1),
    ]
    const said = all.filter((now, i) => isMilestone(all[i - 1], now))
    expect(said.map((p) => (p.phase === 'drawing' ? `${p.image}:${p.step}` : p.phase))).toEqual([
      'thinking',
      '0:0',
      '0:5',
      '0:10',
      '0:15',
      '0:20',
      '1:0',
    ])
  })
})

describe('the view for people', () => {
  function terminal(isTTY: boolean) {
    const words: string[] = []
    const status: string[] = []
    const stream = (lines: string[]) => ({ isTTY, write: (part: string) => lines.push(part) })
    const view = createHumanView({ words: stream(words), files: stream(words), status: stream(status) })
    const show = (changes: readonly ShownChange[]) => changes.forEach((change) => view.show(change, 'j'))
    return { view, show, words: () => words.join(''), status: () => status.join('') }
  }
  const story: ShownChange[] = [
    { type: 'text', text: 'Here is', restart: false },
    { type: 'text', text: ' a fox:', restart: false },
    { type: 'prompt', block: 0, text: 'a big', restart: false },
    { type: 'prompt', block: 0, text: ' red fox', restart: false },
    { type: 'progress', progress: drawing(5), talking: false },
    { type: 'notice', text: 'Rounded.' },
    { type: 'end', state: 'done', controls: [{ actionId: 'a', label: 'Redo', style: 'primary' }] },
  ]

  it('writes plain lines where no terminal is', () => {
    const { show, words, status } = terminal(false)
    show(story)
    expect(words()).toBe('Here is a fox:\n> a big red fox\nRounded.\n')
    expect(status()).toBe('drawing 1/2 step 5/20, 0.5 s, about 4.0 s left\n')
  })

  it('clears its live line before words, and offers controls by number', () => {
    const { show, words, status } = terminal(true)
    show(story)
    expect(status()).toMatch(/^drawing 1\/2 █.* left\r\u001b\[2K$/)
    expect(words()).toContain('/1 Redo')
  })

  it('lets a sentence be finished before progress is shown', () => {
    const { show, status } = terminal(true)
    show([story[0]!, { type: 'progress', progress: drawing(5), talking: true }])
    expect(status()).toBe('')
  })

  it('says what went wrong, what it is about and what to do, and once only', () => {
    const { view, status } = terminal(false)
    const error = {
      code: 'weights/missing',
      message: 'unet is missing',
      hint: 'Copy it again.',
      retryable: false,
    } as const
    view.show({ type: 'error', error, sentence: 'A file of the model is missing.' }, 'j')
    expect(status()).toBe('Unet is missing. Copy it again.\n')
    const bare = terminal(false)
    const failed = { code: 'inference/failed', message: 'no end token', retryable: true } as const
    bare.view.show({ type: 'error', error: failed, sentence: 'The model could not finish this.' }, 'j')
    expect(bare.status()).toBe('The model could not finish this. (no end token)\n')
    const own = terminal(false)
    own.view.show({ type: 'error', error, sentence: 'Unet is missing. Copy it again.' }, 'j')
    expect(own.status()).toBe('Unet is missing. Copy it again.\n')
  })

  it('shows no escape sequence that a model or a file name brings', () => {
    const { show, words } = terminal(false)
    show([{ type: 'text', text: 'a\u001b[2Jb\u001b]0;title\u0007c\r\nd', restart: false }])
    expect(words()).toBe('ab]0;titlec\nd')
    expect(printable('tab\tand\nline')).toBe('tab\tand\nline')
  })
})

describe('the view for programs', () => {
  it('writes one JSON object a line, without previews', () => {
    const lines: string[] = []
    const view: View = createJsonView({ write: (line) => lines.push(line) })
    const preview = { bytes: new Uint8Array(9), mediaType: 'image/jpeg' }
    view.show({ type: 'progress', progress: { ...drawing(1), preview } as Progress, talking: false }, 'j')
    view.show({ type: 'text', text: 'a\nb', restart: false }, 'j')
    view.refused({ code: 'input/empty', message: 'nothing', hint: 'Write.', retryable: false })
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(events.map(({ type }) => type)).toEqual(['progress', 'text', 'refused'])
    expect(lines[0]).not.toContain('preview')
    expect(events[2]).toMatchObject({ sentence: 'Nothing. Write.' })
  })
})

describe('typed lines', () => {
  it.each([
    ['  ', { type: 'nothing' }],
    ['/quit', { type: 'quit' }],
    ['/image "my cat.png"', { type: 'attach', file: 'my cat.png' }],
    ['/2', { type: 'press', number: 2 }],
    ['/3 a blue fox', { type: 'press', number: 3, value: 'a blue fox' }],
    ['/imagine a fox --seed 7', { type: 'say', text: '/imagine a fox --seed 7' }],
    [' make it blue ', { type: 'say', text: 'make it blue' }],
  ])('%j', (line, expected) => expect(parseLine(line)).toEqual(expected))
})

describe('names and sentences', () => {
  it('names pictures by what they show', () => {
    const image = { alt: 'A big RED fox, on the left / in the snow', sha256: 'abcdef0123', mediaType: 'image/png' }
    expect(pictureName(image)).toBe('a-big-red-fox-on-the-abcdef01.png')
    expect(pictureName({ ...image, alt: '../..' })).toBe('picture-abcdef01.png')
  })

  it.each([
    ['no such file', 'Check it.', 'No such file. Check it.'],
    ['Really?', undefined, 'Really?'],
    ['Wrong. Check it.', 'Check it.', 'Wrong. Check it.'],
  ])('joins %j and %j', (what, hint, shown) => expect(withHint(what, hint)).toBe(shown))
})
