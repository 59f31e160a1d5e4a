import { describe, expect, it } from 'vitest'
import { screenOf, screensOf } from '../../../adapters/chat/screen.ts'
import type { Control, OutgoingImage, OutgoingMessage, Part } from '../../../src/contract/outgoing.ts'
import { sentencesIn } from '../../../src/language/sentences.ts'

const message = (parts: readonly Part[]): OutgoingMessage => ({
  replyId: 'r1',
  jobId: 'j1',
  key: { platform: 'fake', workspaceId: 'w', channelId: 'c', threadId: 't' },
  inReplyTo: 'e1',
  author: { id: 'ann', name: 'Ann' },
  language: 'en',
  state: 'running',
  parts,
  final: false,
})
const image = (name: string): OutgoingImage => ({
  imageId: name,
  sha256: `sha of ${name}`,
  mediaType: 'image/png',
  width: 8,
  height: 8,
  alt: `a ${name}`,
})
const button = (label: string, group?: Control['group'], prominent = false): Control => ({
  actionId: label,
  label,
  style: 'secondary',
  ...(group ? { group } : {}),
  ...(prominent ? { prominent } : {}),
})
const shown = (parts: readonly Part[], buttons = 5, menus = 4, language: 'en' | 'zh' = 'en') =>
  screenOf(message(parts), { sentences: sentencesIn(language), buttons, menus })
const words = (parts: readonly Part[], language: 'en' | 'zh' = 'en') =>
  shown(parts, 5, 4, language).words.map((one) => ('text' in one ? `${one.type}: ${one.text}` : one.type))

describe('the words of a reply', () => {
  it('stand in order: what is said, the prompt as a quote, how it goes on, and what went wrong', () => {
    expect(
      words([
        { type: 'route', chosen: 'New picture', controls: [] },
        { type: 'text', text: 'Here it is.', streaming: true },
        { type: 'prompt', block: 0, text: 'a red fox', streaming: false },
        {
          type: 'progress',
          progress: {
            phase: 'drawing',
            block: 0,
            image: 1,
            images: 4,
            step: 5,
            steps: 20,
            elapsedMs: 3400,
            remainingMs: 8600,
          },
        },
        { type: 'notice', text: '12 % changed.' },
        { type: 'error', error: { code: 'internal', message: 'x', retryable: false }, sentence: 'It went wrong.' },
      ]),
    ).toEqual([
      'notice: Understood as: New picture',
      'said: Here it is.',
      'quote: a red fox',
      'progress: Drawing, step 5 of 20 · picture 2 of 4 · 3 s · about 9 s left',
      'notice: 12 % changed.',
      'problem: It went wrong.',
    ])
  })

  it('speak the language of the reply', () => {
    expect(words([{ type: 'progress', progress: { phase: 'queued', position: 3 } }], 'zh')).toEqual([
      'progress: 排在第 3 位',
    ])
  })

  it('tell a changed prompt once, with its changed words', () => {
    const target = [{ text: 'blue', changed: true }]
    const change: Part = { type: 'change', block: 0, operation: 'edit', before: image('fox'), target, proposed: true }
    expect(words([{ type: 'prompt', block: 0, text: 'blue', streaming: false }, change])).toEqual(['changed'])
  })
})

describe('the pictures of a reply', () => {
  it('are those that are finished, the mask over what is changed, and the newest preview', () => {
    const before = image('before')
    const mask = { ...image('mask'), alt: 'what is drawn anew' }
    const preview = { bytes: new Uint8Array([1]), mediaType: 'image/jpeg' }
    const { pictures } = shown([
      { type: 'images', block: 0, images: [{ ...image('fox'), spoiler: true }] },
      { type: 'change', block: 0, operation: 'edit', before, mask, proposed: false },
      {
        type: 'progress',
        progress: { phase: 'drawing', block: 1, image: 0, images: 1, step: 2, steps: 4, elapsedMs: 10, preview },
      },
    ])
    expect(pictures.map(({ id, alt, spoiler }) => [id, alt, spoiler])).toEqual([
      ['sha of fox', 'a fox', true],
      ['sha of before+sha of mask', 'what is drawn anew', false],
      ['preview-1-0-2', '', false],
    ])
  })
})

describe('the controls of a reply', () => {
  const many: readonly Control[] = [
    button('Cancel'),
    button('Variations', 'again', true),
    ...['Redo', 'Similar'].map((label) => button(label, 'again')),
    button('Edit…', 'edit', true),
    button('Inpaint…', 'edit'),
    ...['←', '→'].map((label) => button(label, 'extend')),
    button('Branch', 'thread'),
    button('Undo', 'thread', true),
    ...['Recipe', 'Delete'].map((label) => button(label, 'about')),
  ]
  const labels = (controls: readonly Control[]) => controls.map(({ label }) => label)

  it('are buttons where there is room for all', () => {
    const { buttons, menus } = shown([{ type: 'controls', controls: many }], 25)
    expect(labels(buttons)).toEqual(labels(many))
    expect(menus).toEqual([])
  })

  it('go behind menus by their groups where there is not, and none is lost', () => {
    const { buttons, menus } = shown([{ type: 'controls', controls: many }])
    expect(labels(buttons)).toEqual(['Cancel', 'Variations', 'Edit…', 'Undo'])
    expect(menus.map(({ label, controls }) => [label, ...labels(controls)])).toEqual([
      ['Again…', 'Redo', 'Similar'],
      ['More edits…', 'Inpaint…'],
      ['Extend…', '←', '→'],
      ['More…', 'Branch', 'Recipe', 'Delete'],
    ])
  })

  it('share the last menu where there are more groups than menus', () => {
    const { menus } = shown([{ type: 'controls', controls: many }], 1, 2)
    expect(menus.map(({ label }) => label)).toEqual(['Again…', 'More…'])
    expect(menus.flatMap(({ controls }) => labels(controls))).toEqual(labels(many.slice(1)))
  })
})

describe('a reply with several pictures of several prompts', () => {
  const page = (block: number): readonly Part[] => [
    { type: 'text', text: `page ${block}`, streaming: false },
    { type: 'prompt', block, text: `prompt ${block}`, streaming: false },
    { type: 'images', block, images: [image(`fox ${block}`)] },
    { type: 'controls', controls: [button(`Edit ${block}`, 'edit')] },
  ]

  it('is a screen for each, in order, and its end stands with the last', () => {
    const parts = [...page(0), ...page(1), { type: 'notice', text: 'The book is ready.' } as const]
    const screens = screensOf(message(parts), { sentences: sentencesIn('en'), buttons: 5, menus: 4 })
    expect(
      screens.map(({ words: said, pictures, buttons }) => [
        ...said.map((one) => ('text' in one ? one.text : '')),
        ...pictures.map(({ alt }) => alt),
        ...buttons.map(({ label }) => label),
      ]),
    ).toEqual([
      ['page 0', 'prompt 0', 'a fox 0', 'Edit 0'],
      ['page 1', 'prompt 1', 'The book is ready.', 'a fox 1', 'Edit 1'],
    ])
  })

  it('is one screen where there is one prompt', () => {
    expect(screensOf(message(page(0)), { sentences: sentencesIn('en'), buttons: 5, menus: 4 })).toHaveLength(1)
  })
})
