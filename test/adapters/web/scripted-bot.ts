import type { Acknowledgement, Adapter, Bot, BotAbout } from '../../../src/contract/adapter.ts'
import type { ConversationState, ImageNode } from '../../../src/contract/conversation.ts'
import { AppError } from '../../../src/contract/errors.ts'
import type { Incoming, IncomingAction, IncomingMessage } from '../../../src/contract/incoming.ts'
import type { Control, OutgoingImage, OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { sha256Of } from './scene.ts'
import { changeScript } from './script-change.ts'
import { script } from './script.ts'
import type { Beat, Stage } from './script.ts'
import { appendTurn, createScriptedThreads, goTo, removePicture } from './scripted-threads.ts'
import type { ScriptedThread } from './scripted-threads.ts'

/** A bot that plays a script (script.ts): threads are real, words and pictures are made up. */
export interface ScriptedBot extends Bot {
  readonly handled: Incoming[]
  /** Who gets the replies. */
  adapter: Adapter | undefined
  /** The script waits here until `release` is called. */
  stopAt: Stage | undefined
  release(): void
}

export const scriptedAbout: BotAbout = {
  version: '0.1.0',
  models: { mllm: 'llmga-tiny', t2i: 'llmga-tiny' },
  notice: 'The embedded tiny model knows a small cartoon world: 20 objects in 12 places, in 7 colours.',
  knows: {
    objects: ['cat', 'dog', 'rabbit', 'fox', 'bird', 'fish', 'butterfly', 'turtle', 'dinosaur', 'elephant', 'car'],
    places: ['meadow', 'beach', 'desert', 'snow', 'night', 'room', 'city', 'forest', 'plain white', 'plain yellow'],
    colours: ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink'],
  },
  examples: ['draw a red fox in the snow', 'a blue cat on the beach', 'a yellow star at night', 'a big red car'],
  samplers: ['ddim', 'euler', 'euler-a'],
  styles: ['storybook', 'poster'],
  defaults: { steps: 20, guidanceScale: 5, width: 128, height: 128, sampler: 'ddim' },
}

/** `paceMs` lies between two states of a reply. A message with "refuse" is refused at once. */
export function createScriptedBot(paceMs = 1): ScriptedBot {
  const threads = createScriptedThreads()
  const blobs = new Map<string, Uint8Array>()
  const cancelled = new Set<string>()
  let released: () => void = () => undefined
  let jobs = 0

  const keep = (bytes: Uint8Array): string => {
    const sha256 = sha256Of(bytes)
    blobs.set(sha256, bytes)
    return sha256
  }

  const show = async (thread: ScriptedThread, incoming: Incoming, jobId: string, beat: Beat): Promise<void> => {
    const { key, author, eventId: inReplyTo } = incoming
    const final = ['done', 'failed', 'cancelled'].includes(beat.state)
    const cancel: Control = { actionId: `cancel:${jobId}`, label: 'Cancel', style: 'danger' }
    const parts = final ? beat.parts : [...beat.parts, { type: 'controls', controls: [cancel] } as const]
    const message: OutgoingMessage = {
      replyId: `reply-${jobId}`,
      jobId,
      key,
      inReplyTo,
      author,
      language: 'en',
      state: beat.state,
      parts,
      final,
    }
    for (const bytes of beat.blobs ?? []) thread.files.add(keep(bytes))
    if (final) {
      const turnId = `turn-${jobId}`
      const images = (beat.images ?? []).map(({ node, bytes }): ImageNode => {
        keep(bytes)
        const parentId = edits(beat) ? thread.state.headImageId : undefined
        const operation = parentId === undefined ? 'text-to-image' : 'edit'
        return { ...node, turnId, operation, author, createdAt: Date.now(), ...(parentId && { parentId }) }
      })
      appendTurn(thread, { id: turnId, role: 'assistant', blocks: [], jobId }, images)
    }
    thread.replies.set(jobId, message)
    await bot.adapter?.render(message)
  }

  const play = async (thread: ScriptedThread, incoming: Incoming, jobId: string, words: string): Promise<void> => {
    const before = headImage(thread.state)
    const changes = before !== undefined && /^(edit|propose|storybook)/.test(words)
    const beats = changes ? changeScript(words, { jobId, seed: jobs, before }) : script(words, jobId, jobs)
    for (const beat of beats) {
      await show(thread, incoming, jobId, beat)
      if (beat.stage !== undefined && beat.stage === bot.stopAt) await new Promise<void>((go) => (released = go))
      if (cancelled.has(jobId)) {
        const parts = [{ type: 'notice', text: 'Cancelled.' }] as const
        return show(thread, incoming, jobId, { state: 'cancelled', parts })
      }
      await new Promise((resolve) => setTimeout(resolve, paceMs))
    }
  }

  const ask = (thread: ScriptedThread, { author, text, attachments }: IncomingMessage, jobId: string): void => {
    const turnId = `asked-${jobId}`
    const images = attachments.map(({ name, source }, index): ImageNode => {
      const sha256 = keep('bytes' in source ? source.bytes : new Uint8Array())
      const shape = { mediaType: 'image/png', width: 128, height: 128 }
      const id = `upload-${jobId}-${index}`
      return { id, turnId, sha256, ...shape, name, operation: 'upload', author, createdAt: Date.now() }
    })
    const uploads = images.map(({ id: imageId }) => ({ type: 'upload', imageId }) as const)
    appendTurn(
      thread,
      { id: turnId, role: 'user', author, jobId, blocks: [...uploads, { type: 'text', text }] },
      images,
    )
  }

  /** What an action does at once; undefined when it makes a job. */
  const act = ({ key, author, actionId }: IncomingAction): Acknowledgement | undefined => {
    const [kind, id = ''] = actionId.split(':')
    const thread = threads.own(key, author)
    if (thread === undefined) throw notFound()
    if (kind !== 'cancel' && kind !== 'delete') return undefined
    if (kind === 'delete') removePicture(thread, id)
    else cancelled.add(id)
    released()
    return { type: 'done' }
  }

  const notes = new Map<string, unknown>()
  const bot: ScriptedBot = {
    handled: [],
    adapter: undefined,
    stopAt: undefined,
    release() {
      bot.stopAt = undefined
      released()
    },
    readImage: () => Promise.reject(new Error('the page fetches pictures as they are')),
    async exportThread(key, person) {
      if (!(await bot.readThread(key, person))) return undefined
      async function* chunks() {
        yield new TextEncoder().encode('a zip')
      }
      return { name: 'My fox.zip', mediaType: 'application/zip', chunks: chunks() }
    },
    revoke: async () => false,
    notes: () => ({
      get: async (key) => notes.get(key),
      set: async (key, value) => void notes.set(key, structuredClone(value)),
      remove: async (key) => void notes.delete(key),
    }),
    async handle(incoming) {
      bot.handled.push(incoming)
      const command = incoming.type === 'message' ? incoming.command?.name : undefined
      if (command === 'branch' && incoming.type === 'message') {
        goTo(threads.own(incoming.key, incoming.author), incoming.replyToImageId)
        return { type: 'done' }
      }
      if (command === 'undo') return { type: 'done' }
      const text = incoming.type === 'message' ? incoming.text : (incoming.values['prompt'] ?? incoming.actionId)
      if (text.includes('refuse')) {
        const hint = 'Wait for one of them to finish.'
        throw new AppError('access/limit', { message: 'You have 8 jobs waiting.', hint })
      }
      const done = incoming.type === 'action' ? act(incoming) : undefined
      if (done !== undefined) return done
      const jobId = `job-${++jobs}`
      const thread = threads.open(incoming.key, incoming.author, text.slice(0, 60) || 'A picture')
      if (incoming.type === 'message') ask(thread, incoming, jobId)
      void play(thread, incoming, jobId, text)
      return { type: 'accepted', jobId, position: 1 }
    },
    listThreads: async (_platform, person) => threads.list(person),
    async readThread(key, person) {
      const thread = threads.own(key, person)
      return thread && { state: thread.state, pending: [...thread.replies.values()].filter((reply) => !reply.final) }
    },
    async renameThread(key, person, title) {
      const thread = threads.own(key, person)
      if (thread === undefined) throw notFound()
      thread.state = { ...thread.state, title }
    },
    deleteThread: async (key, person) => threads.remove(key, person),
    async readBlob(key, person, sha256) {
      const thread = threads.own(key, person)
      const images = Object.values(thread?.state.images ?? {})
      const isHere = images.some((image) => image.sha256 === sha256) || thread?.files.has(sha256) === true
      return isHere ? blobs.get(sha256) : undefined
    },
    readReply: async (key, person, jobId) => threads.own(key, person)?.replies.get(jobId),
    about: () => scriptedAbout,
  }
  return bot
}

const edits = ({ parts }: Beat): boolean => parts.some((part) => part.type === 'change')

function headImage({ headImageId = '', images }: ConversationState): OutgoingImage | undefined {
  const node = images[headImageId]
  if (node === undefined) return undefined
  const { id: imageId, sha256, mediaType, width, height } = node
  return { imageId, sha256, mediaType, width, height, alt: node.recipe?.prompt ?? node.name ?? 'Picture' }
}

const notFound = (): AppError => new AppError('input/not-found', { message: 'there is no such thread' })
