import { describe, expect, it } from 'vitest'
import { toWireThread } from '../../../adapters/web/to-wire.ts'
import type { ConversationState, Turn } from '../../../src/contract/conversation.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { createScriptedBot } from './scripted-bot.ts'

const key = { platform: 'web', workspaceId: '', channelId: 'ann', threadId: 't1' }
const ann = { id: 'ann', name: 'Ann' }

const turn = (id: string, role: Turn['role'], jobId: string, parentId?: string): Turn => ({
  ...{ id, role, jobId, createdAt: 0, blocks: [{ type: 'text', text: id }] },
  ...(parentId === undefined ? {} : { parentId }),
})

const reply = (jobId: string, text: string, final = true): OutgoingMessage => ({
  ...{
    replyId: `reply-${jobId}`,
    jobId,
    key,
    inReplyTo: `event-${jobId}`,
    author: { id: 'a', name: 'Ann' },
    language: 'en',
    state: final ? 'done' : 'running',
    final,
  },
  parts: [{ type: 'text', text, streaming: !final }],
})

/** What is shown of a thread with these turns, its head, and the replies that the bot knows. */
async function shown(turns: readonly Turn[], headTurnId: string, replies: readonly OutgoingMessage[]) {
  const state: ConversationState = {
    ...{ version: 1, key, owner: ann, title: '', createdAt: 0, updatedAt: 0, images: {}, settings: {}, headTurnId },
    turns: Object.fromEntries(turns.map((one) => [one.id, one])),
  }
  const bot = {
    ...createScriptedBot(),
    readReply: async (...[, , id]: unknown[]) => replies.find((r) => r.jobId === id),
  }
  const { entries } = await toWireThread(bot, ann, { state, pending: replies.filter((one) => !one.final) })
  return entries.map((entry) => {
    if (entry.type === 'person') return entry.text
    const [part] = entry.reply.parts
    return part?.type === 'text' ? part.text : undefined
  })
}

const asked = turn('a cat?', 'user', 'j1')
const answered = turn('answer', 'assistant', 'j1', asked.id)
const next = turn('and a dog?', 'user', 'j2', answered.id)

describe('a thread as it is shown', () => {
  it('goes from the first turn to the head, each answer as the bot renders it', async () => {
    expect(await shown([asked, answered], 'answer', [reply('j1', 'A cat.')])).toEqual(['a cat?', 'A cat.'])
  })

  it('ends with the reply that is being made', async () => {
    const replies = [reply('j1', 'A cat.'), reply('j2', 'A d', false)]
    expect(await shown([asked, answered, next], next.id, replies)).toEqual(['a cat?', 'A cat.', 'and a dog?', 'A d'])
  })

  it('shows the new answer of a retried job in place of the failed one', async () => {
    const replies = [reply('j1', 'failed'), reply('j9', 'once more', false)]
    expect(await shown([asked, answered], asked.id, replies)).toEqual(['a cat?', 'once more'])
    const again = turn('again', 'assistant', 'j9', asked.id)
    const done = [reply('j1', 'failed'), reply('j9', 'once more')]
    expect(await shown([asked, answered, again], again.id, done)).toEqual(['a cat?', 'once more'])
  })

  it('shows the failure of a job whose answer could not be stored', async () => {
    expect(await shown([asked], asked.id, [reply('j1', 'The disk is full.')])).toEqual(['a cat?', 'The disk is full.'])
  })

  it('ends where a parent is missing or comes round again', async () => {
    const loop = [turn('one', 'user', 'j1', 'two'), turn('two', 'user', 'j2', 'one')]
    expect(await shown(loop, 'one', [])).toEqual(['two', 'one'])
    expect(await shown([next], next.id, [])).toEqual(['and a dog?'])
  })
})
