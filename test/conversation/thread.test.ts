import { describe, expect, it } from 'vitest'
import type { Block, ConversationState, ImageNode } from '../../src/contract/conversation.ts'
import { addImages, deleteImage, lineage, liveHashes } from '../../src/conversation/images.ts'
import {
  appendTurn,
  createThread,
  currentImageId,
  history,
  insertReply,
  titleFrom,
  type NewTurn,
} from '../../src/conversation/thread.ts'
import { undo } from '../../src/conversation/thread-moves.ts'

const ann = { id: 'ann', name: 'Ann' }
const key = { platform: 'web', workspaceId: '', channelId: '', threadId: 't' }
const empty = createThread({ key, owner: ann, title: 'Foxes', now: 1 })

const turn = (id: string, extra: Partial<NewTurn> = {}): NewTurn => ({
  id,
  role: id.startsWith('u') ? 'user' : 'assistant',
  blocks: [{ type: 'text', text: id }],
  jobId: `j${id}`,
  createdAt: 2,
  ...extra,
})

const image = (id: string, turnId: string, extra: Partial<ImageNode> = {}): ImageNode => ({
  id,
  turnId,
  sha256: id.padEnd(64, '0'),
  mediaType: 'image/png',
  width: 8,
  height: 8,
  operation: 'text-to-image',
  author: ann,
  createdAt: 2,
  ...extra,
})

const ids = (state: ConversationState) => history(state).map(({ id }) => id)
const picture = (id: string): Block => ({ type: 'picture', prompt: id, imageIds: [id] })

/** Adds the answer `id` to `to`, which shows the picture of the same name. */
const drawn = (state: ConversationState, id: string, to: string) => {
  const withImage = addImages(state, [image(`p${id}`, id)])
  return insertReply(withImage, turn(id, { blocks: [picture(`p${id}`)], headImageId: `p${id}` }), to)
}

describe('a thread', () => {
  it('is the path from the root to the head', () => {
    const state = insertReply(appendTurn(empty, turn('u1')), turn('a1'), 'u1')
    expect(ids(state)).toEqual(['u1', 'a1'])
    expect(ids(empty)).toEqual([])
    expect(ids(appendTurn(state, turn('u2')))).toEqual(['u1', 'a1', 'u2'])
  })

  it('keeps its turns in order when a person goes on while an answer is still being made', () => {
    const waiting = appendTurn(appendTurn(empty, turn('u1')), turn('u2'))
    const first = drawn(waiting, 'a1', 'u1')
    expect(ids(first)).toEqual(['u1', 'a1', 'u2'])
    expect(first.headImageId).toBe('pa1')
    const both = insertReply(first, turn('a2'), 'u2')
    expect(ids(both)).toEqual(['u1', 'a1', 'u2', 'a2'])
  })

  it('keeps its turns in order when answers come the other way round', () => {
    const waiting = appendTurn(appendTurn(empty, turn('u1')), turn('u2'))
    const state = drawn(insertReply(waiting, turn('a2'), 'u2'), 'a1', 'u1')
    expect(ids(state)).toEqual(['u1', 'a1', 'u2', 'a2'])
    expect(state.headImageId).toBe('pa1')
  })

  it('makes a new picture current, also after turns that came while it was drawn', () => {
    const one = drawn(appendTurn(empty, turn('u1')), 'a1', 'u1')
    expect(one.headImageId).toBe('pa1')
    const waiting = appendTurn(appendTurn(one, turn('u2')), turn('u3'))
    const two = drawn(waiting, 'a2', 'u2')
    expect(two.headImageId).toBe('pa2')
    expect(currentImageId(two, 'u2')).toBe('pa1')
    expect(currentImageId(two, 'u3')).toBe('pa2')
  })

  it('does not let an answer take the head from a branch that was chosen meanwhile', () => {
    const one = insertReply(appendTurn(empty, turn('u1')), turn('a1'), 'u1')
    const two = appendTurn(one, turn('u2'))
    const back = appendTurn(undo(two)!, turn('u3'))
    const late = drawn(back, 'a2', 'u2')
    expect(ids(late)).toEqual(['u1', 'a1', 'u3'])
    expect(late.headImageId).toBeUndefined()
    expect(late.images['pa2']).toBeDefined()
  })

  it('goes back to the state before the last exchange, with its picture, and branches from there', () => {
    const one = drawn(appendTurn(empty, turn('u1')), 'a1', 'u1')
    const two = drawn(appendTurn(one, turn('u2')), 'a2', 'u2')
    const back = undo(two)!
    expect(ids(back)).toEqual(['u1', 'a1'])
    expect(back.headImageId).toBe('pa1')
    expect(ids(appendTurn(back, turn('u3')))).toEqual(['u1', 'a1', 'u3'])
    const start = undo(back)!
    expect(ids(start)).toEqual([])
    expect(start.headImageId).toBeUndefined()
    expect(undo(start)).toBeUndefined()
    expect(Object.keys(start.turns)).toHaveLength(4)
  })

  it('does not count asides when it goes back', () => {
    const one = insertReply(appendTurn(empty, turn('u1')), turn('a1'), 'u1')
    const asked = insertReply(appendTurn(one, turn('u2', { aside: true })), turn('a2', { aside: true }), 'u2')
    expect(ids(undo(asked)!)).toEqual([])
  })

  it('falls back to the picture before when the current one is deleted', () => {
    const one = drawn(appendTurn(empty, turn('u1')), 'a1', 'u1')
    const two = drawn(appendTurn(one, turn('u2')), 'a2', 'u2')
    const less = deleteImage(two, 'pa2', 9)
    expect(less.headImageId).toBe('pa1')
    expect(less.images['pa2']?.deletedAt).toBe(9)
    expect([...liveHashes(less)]).toEqual([image('pa1', 'a1').sha256])
    expect(deleteImage(less, 'pa1', 10).headImageId).toBeUndefined()
    expect(deleteImage(less, 'pa2', 11)).toBe(less)
  })

  it('knows what a picture was made from', () => {
    const state = addImages(empty, [
      image('a', 'u1'),
      image('b', 'a1', { parentId: 'a' }),
      image('c', 'a2', { parentId: 'b' }),
    ])
    expect(lineage(state, 'c').map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(lineage(state, 'x')).toEqual([])
  })

  it.each([
    ['draw a red fox', 'draw a red fox'],
    ['  two\n lines ', 'two lines'],
    [
      'a very long wish that goes on and on and on until nobody reads it',
      'a very long wish that goes on and on and on…',
    ],
    ['x'.repeat(60), `${'x'.repeat(48)}…`],
    ['', ''],
  ])('takes its title from the first words: %j', (text, title) => {
    expect(titleFrom(text)).toBe(title)
  })
})
