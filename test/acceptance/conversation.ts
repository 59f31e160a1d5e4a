import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { WireReply } from '../../adapters/web/wire.ts'
import { readThread } from './visit.ts'

export interface PictureFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Says something in a thread of a running server, with a picture where there is one. */
export function messageTo(url: string, threadId: string, text: string, picture?: PictureFile): Promise<Response> {
  const form = new FormData()
  form.set('text', text)
  if (picture) form.append('file', new File([new Uint8Array(picture.bytes)], picture.name))
  return fetch(`${url}/api/threads/${threadId}/messages`, { method: 'POST', body: form })
}

/** Uses a control of a thread. */
export const press = (url: string, threadId: string, actionId: string): Promise<Response> =>
  fetch(`${url}/api/threads/${threadId}/actions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ actionId }),
  })

export interface Answer {
  readonly state: WireReply['state']
  readonly text: string
  /** Sentences about what went wrong. */
  readonly errors: readonly string[]
  /** Controls of the reply, by label. */
  readonly actions: Readonly<Record<string, string>>
}

/** The reply to a message, once it has ended. */
export async function ask(url: string, threadId: string, text: string, picture?: PictureFile): Promise<Answer> {
  const response = await messageTo(url, threadId, text, picture)
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
  return answerOf(url, threadId)
}

/** The newest reply of a thread, once it has ended. */
export async function answerOf(url: string, threadId: string): Promise<Answer> {
  for (;;) {
    const last = (await readThread(url, threadId)).entries.at(-1)
    if (last?.type === 'reply' && last.reply.final) return toAnswer(last.reply)
    await sleep(50)
  }
}

function toAnswer({ state, parts }: WireReply): Answer {
  const controls = parts.flatMap((part) => (part.type === 'controls' ? part.controls : []))
  return {
    state,
    text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
    errors: parts.flatMap((part) => (part.type === 'error' ? [part.sentence] : [])),
    actions: Object.fromEntries(controls.map(({ label, actionId }) => [label, actionId])),
  }
}

/** One clear sentence (or two, what to do being the second): a line of words, without the insides of the program. */
export function expectClear(sentence: string | undefined): void {
  expect(sentence).toMatch(/^["/A-Z][^\n]{5,400}[.!?]$/)
  expect(sentence).not.toMatch(/undefined|\[object|Error:|\bat \S+:\d+:\d+/)
}
