import type { OutgoingMessage, Part } from '../../../src/contract/outgoing.ts'
import { SurfaceError, type PostedMessage, type Surface } from '../../../adapters/chat/surface.ts'

export interface FakeBody {
  readonly text: string
}

/** A platform in memory whose calls can be made to fail, before or after they were carried out. */
export interface FakeSurface extends Surface<FakeBody> {
  /** Text of every message that is there, in order, by its id. */
  readonly messages: Map<string, { text: string; nonce: string; replyId: string }>
  /** Calls in order: 'create', 'edit m1', 'find'. */
  readonly calls: string[]
  /** Failures of the calls to come, first one first. */
  readonly failures: { readonly on: 'create' | 'edit'; readonly error: SurfaceError; readonly carriedOut?: boolean }[]
}

const textsOf = (parts: readonly Part[]): string[] => parts.flatMap((part) => ('text' in part ? [part.text] : []))

/** Each text part is a message. */
export function fakeSurface(): FakeSurface {
  const messages: FakeSurface['messages'] = new Map()
  const calls: string[] = []
  const failures: FakeSurface['failures'] = []
  let ids = 0
  async function attempt(on: 'create' | 'edit', action: () => PostedMessage | undefined): Promise<PostedMessage> {
    const [failure] = failures
    if (failure?.on !== on) return action()!
    failures.shift()
    if (failure.carriedOut === true) action()
    throw failure.error
  }
  return {
    messages,
    calls,
    failures,
    layout: async ({ parts }: OutgoingMessage) =>
      textsOf(parts).map((text) => ({ body: { text }, imageIds: [`image of ${text}`] })),
    create: ({ replyId }, _index, { text }, nonce) => {
      calls.push('create')
      return attempt('create', () => {
        const id = `m${++ids}`
        messages.set(id, { text, nonce, replyId })
        return { id, channelId: 'c' }
      })
    },
    edit: async ({ id }, { text }) => {
      calls.push(`edit ${id}`)
      await attempt('edit', () => {
        const message = messages.get(id)
        if (!message) throw new SurfaceError('gone', 'unknown message')
        message.text = text
        return { id, channelId: 'c' }
      })
    },
    remove: async ({ id }) => {
      calls.push(`remove ${id}`)
      messages.delete(id)
    },
    find: async (_message, _index, nonce) => {
      calls.push('find')
      const found = [...messages].find(([, message]) => message.nonce === nonce)
      return found && { id: found[0], channelId: 'c' }
    },
  }
}
