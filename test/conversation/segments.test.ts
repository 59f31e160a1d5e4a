import { describe, expect, it } from 'vitest'
import type { Block, ConversationState, ImageNode } from '../../src/contract/conversation.ts'
import { addImages, deleteImage } from '../../src/conversation/images.ts'
import { loadSegment, segment } from '../../src/conversation/segments.ts'
import { appendTurn, createThread, insertReply, moveHead, type NewTurn } from '../../src/conversation/thread.ts'
import { undo } from '../../src/conversation/thread-moves.ts'
import { wordings } from '../support/wordings.ts'

const ann = { id: 'ann', name: 'Ann' }
const key = { platform: 'web', workspaceId: '', channelId: '', threadId: 't' }
const empty = createThread({ key, owner: ann, title: 't', now: 1 })

const node = (id: string, turnId: string, operation: ImageNode['operation']): ImageNode => ({
  id,
  turnId,
  sha256: id.padEnd(64, '0'),
  mediaType: 'image/png',
  width: 8,
  height: 8,
  operation,
  author: ann,
  createdAt: 2,
})

const base = (id: string, blocks: readonly Block[], extra: Partial<NewTurn>): NewTurn => ({
  id,
  role: id.startsWith('u') ? 'user' : 'assistant',
  blocks,
  jobId: id,
  createdAt: 2,
  ...extra,
})
const text = (words: string): Block => ({ type: 'text', text: words })

/** A person's turn; the id is also what they say. */
const says = (state: ConversationState, id: string, extra: Partial<NewTurn> = {}) =>
  appendTurn(state, base(id, [text(id)], extra))
const uploads = (state: ConversationState, id: string, imageId: string) =>
  appendTurn(
    addImages(state, [node(imageId, id, 'upload')]),
    base(id, [{ type: 'upload', imageId }, text(id)], { headImageId: imageId }),
  )
const answers = (state: ConversationState, id: string, to: string, extra: Partial<NewTurn> = {}) =>
  insertReply(state, base(id, [text(id)], extra), to)
const draws = (state: ConversationState, id: string, to: string, imageId: string) =>
  insertReply(
    addImages(state, [node(imageId, id, 'text-to-image')]),
    base(id, [text(`${id}:`), { type: 'picture', prompt: `prompt ${imageId}`, imageIds: [imageId] }], {
      headImageId: imageId,
    }),
    to,
  )

/** The segment in short: `u:text` or `a:text`, with `[picture]` before the words that carry it. */
const short = (state: ConversationState, turnId = state.headTurnId!) =>
  segment(state, turnId, wordings).map(
    ({ role, text: words, imageSha256 }) =>
      `${role[0]}:${imageSha256 === undefined ? '' : `[${imageSha256.replace(/0+$/, '')}] `}${words}`,
  )

const fox = draws(says(empty, 'u1'), 'a1', 'u1', 'fox')

describe('what the language model is shown', () => {
  it('is the whole conversation while there is no picture', () => {
    expect(short(says(answers(says(empty, 'u1'), 'a1', 'u1'), 'u2'))).toEqual(['u:u1', 'a:a1', 'u:u2'])
  })

  it('opens with the exchange that a drawn picture would have had', () => {
    expect(short(says(fox, 'u2'))).toEqual(['u:[fox] Similar!', 'a:a1: <gen_image> prompt fox </gen_image>', 'u:u2'])
  })

  it('goes on with the turns since then', () => {
    const asked = answers(says(fox, 'u2'), 'a2', 'u2')
    expect(short(says(asked, 'u3')).slice(2)).toEqual(['u:u2', 'a:a2', 'u:u3'])
  })

  it('opens with the words that came with an uploaded picture', () => {
    expect(short(uploads(empty, 'u1', 'cat'))).toEqual(['u:[cat] u1'])
    expect(short(says(answers(uploads(empty, 'u1', 'cat'), 'a1', 'u1'), 'u2'))).toEqual(['u:[cat] u1', 'a:a1', 'u:u2'])
  })

  it('brings earlier words along when this is the first picture, which goes to the first user turn', () => {
    const talked = answers(says(empty, 'u0'), 'a0', 'u0')
    expect(short(uploads(talked, 'u1', 'cat'))).toEqual(['u:[cat] u0', 'a:a0', 'u:u1'])
    expect(short(says(draws(says(talked, 'u1'), 'a1', 'u1', 'fox'), 'u2'))).toEqual([
      'u:[fox] u0',
      'a:a0',
      'u:Similar!',
      'a:a1: <gen_image> prompt fox </gen_image>',
      'u:u2',
    ])
  })

  it('starts anew at a new picture', () => {
    const second = draws(says(fox, 'u2'), 'a2', 'u2', 'owl')
    expect(short(says(second, 'u3'))).toEqual(['u:[owl] Similar!', 'a:a2: <gen_image> prompt owl </gen_image>', 'u:u3'])
    expect(short(uploads(second, 'u3', 'cat'))).toEqual(['u:[cat] u3'])
  })

  it('moves back with the picture on undo, and keeps the turns of that time', () => {
    const asked = answers(says(fox, 'u2'), 'a2', 'u2')
    const second = draws(says(asked, 'u3'), 'a3', 'u3', 'owl')
    expect(short(says(undo(second)!, 'u4'))).toEqual([...short(says(asked, 'u4'))])
  })

  it('works on the older picture that a message answers', () => {
    const second = draws(says(fox, 'u2'), 'a2', 'u2', 'owl')
    expect(short(says(second, 'u3', { headImageId: 'fox' }))).toEqual([
      'u:[fox] Similar!',
      'a:a1: <gen_image> prompt fox </gen_image>',
      'u:u3',
    ])
    const sent = answers(uploads(second, 'u3', 'cat'), 'a3', 'u3')
    const owl = draws(says(sent, 'u4'), 'a4', 'u4', 'ant')
    expect(short(says(owl, 'u5', { headImageId: 'cat' }))).toEqual(['u:[cat] u5'])
  })

  it('falls back to the picture before when the current one was deleted', () => {
    const second = draws(says(fox, 'u2'), 'a2', 'u2', 'owl')
    expect(short(says(deleteImage(second, 'owl', 9), 'u3'))).toEqual([
      'u:[fox] Similar!',
      'a:a1: <gen_image> prompt fox </gen_image>',
      'u:u2',
      'a:a2: <gen_image> prompt owl </gen_image>',
      'u:u3',
    ])
  })

  it('shows only the chosen picture of a storybook', () => {
    const pages = ['one', 'two'].map((id): Block[] => [
      text(`page ${id}.`),
      { type: 'picture', prompt: `prompt ${id}`, imageIds: [id] },
    ])
    const nodes = ['one', 'two'].map((id) => node(id, 'a1', 'text-to-image'))
    const book = insertReply(
      addImages(says(empty, 'u1'), nodes),
      base('a1', pages.flat(), { headImageId: 'two' }),
      'u1',
    )
    expect(short(says(book, 'u2'))).toEqual([
      'u:[two] Similar!',
      'a:page two. <gen_image> prompt two </gen_image>',
      'u:u2',
    ])
  })

  it('leaves out asides and exchanges that failed before anything was said', () => {
    const error = { code: 'inference/failed', message: 'm', retryable: true } as const
    const helped = answers(says(fox, 'u2', { aside: true }), 'a2', 'u2', { aside: true })
    const failed = insertReply(says(helped, 'u3'), base('a3', [], { error }), 'u3')
    expect(short(says(failed, 'u4')).slice(2)).toEqual(['u:u4'])
    const cut = answers(says(fox, 'u2'), 'a2', 'u2', { error })
    expect(short(says(cut, 'u3')).slice(2)).toEqual(['u:u2', 'a:a2', 'u:u3'])
  })

  it('ends with the turn that is answered, whatever was said after it', () => {
    const more = says(says(fox, 'u2'), 'u3')
    expect(short(more, 'u2').at(-1)).toBe('u:u2')
  })

  it('refuses to answer what is no user turn', () => {
    expect(() => segment(moveHead(fox, 'a1'), 'a1', wordings)).toThrow(/a1/)
    expect(() => segment(fox, 'nothing', wordings)).toThrow(/nothing/)
  })

  it('gets the bytes of its picture', async () => {
    const loaded = await loadSegment(segment(says(fox, 'u2'), 'u2', wordings), async (sha256) =>
      new TextEncoder().encode(sha256.slice(0, 3)),
    )
    expect(loaded.map(({ image }) => image && new TextDecoder().decode(image))).toEqual(['fox', undefined, undefined])
  })
})
