import type { Acknowledgement, Adapter, Bot, BotAbout } from '../../../src/contract/adapter.ts'
import type { ConversationState, ImageNode, Turn } from '../../../src/contract/conversation.ts'
import { AppError } from '../../../src/contract/errors.ts'
import type { Incoming } from '../../../src/contract/incoming.ts'
import type { Control, OutgoingMessage, Part } from '../../../src/contract/outgoing.ts'
import type { Recipe } from '../../../src/contract/recipe.ts'
import { threadKeyString } from '../../../src/contract/thread.ts'
import type { Person, ThreadKey } from '../../../src/contract/thread.ts'
import { drawScene, sha256Of } from './scene.ts'

export type Stage = 'queued' | 'thinking' | 'writing' | 'drawing'

interface Thread {
  state: ConversationState
  readonly replies: Map<string, OutgoingMessage>
}

/** A bot that plays one script, for tests of the page: threads are real, words and pictures are made up. */
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
    objects: 'cat dog rabbit fox bird fish butterfly turtle dinosaur elephant car bus boat house rocket mushroom'
      .concat(' flower heart star umbrella')
      .split(' '),
    places: ['meadow', 'beach', 'desert', 'snow', 'night', 'room', 'city', 'forest', 'plain white', 'plain yellow'],
    colours: ['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink'],
  },
  examples: ['draw a red fox in the snow', 'a blue cat on the beach', 'a yellow star at night', 'a big red car'],
  samplers: ['ddim', 'euler', 'euler-a'],
  styles: ['storybook', 'poster'],
  defaults: { steps: 20, guidanceScale: 5, width: 128, height: 128, sampler: 'ddim' },
}

/**
 * `paceMs` lies between two states of a reply. What is said decides what happens: "refuse" is refused at once, "fail"
 * ends in an error, "four" draws four pictures, anything else one.
 */
export function createScriptedBot(paceMs = 1): ScriptedBot {
  const threads = new Map<string, Thread>()
  const blobs = new Map<string, Uint8Array>()
  const cancelled = new Set<string>()
  let released: () => void = () => undefined
  let jobs = 0
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const threadOf = (key: ThreadKey): Thread | undefined => threads.get(threadKeyString(key))

  const keepImage = (bytes: Uint8Array, node: Omit<ImageNode, 'sha256' | 'createdAt'>): ImageNode => {
    const sha256 = sha256Of(bytes)
    blobs.set(sha256, bytes)
    return { ...node, sha256, createdAt: Date.now() }
  }

  const append = (thread: Thread, turn: Omit<Turn, 'createdAt'>, images: readonly ImageNode[] = []): void => {
    const { state } = thread
    const parent = state.headTurnId === undefined ? {} : { parentId: state.headTurnId }
    const headImageId = images.at(-1)?.id ?? state.headImageId
    thread.state = {
      ...state,
      turns: { ...state.turns, [turn.id]: { ...turn, ...parent, createdAt: Date.now() } },
      headTurnId: turn.id,
      images: { ...state.images, ...Object.fromEntries(images.map((image) => [image.id, image])) },
      ...(headImageId === undefined ? {} : { headImageId }),
      updatedAt: Date.now(),
    }
  }

  const begin = (incoming: Incoming, words: string): Thread => {
    const { key, author } = incoming
    const known = threadOf(key)
    if (known !== undefined) return known
    const now = Date.now()
    const title = words.slice(0, 60) || 'A picture'
    const times = { createdAt: now, updatedAt: now }
    const state = { version: 1, key, owner: author, title, ...times, turns: {}, images: {}, settings: {} } as const
    const thread: Thread = { state, replies: new Map() }
    threads.set(threadKeyString(key), thread)
    return thread
  }

  const play = async (thread: Thread, incoming: Incoming, jobId: string, words: string): Promise<void> => {
    const cancel: Control = { actionId: `cancel:${jobId}`, label: 'Cancel', style: 'danger' }
    const show = async (parts: readonly Part[], state: OutgoingMessage['state'] = 'running'): Promise<void> => {
      const final = state === 'done' || state === 'failed' || state === 'cancelled'
      const { key, eventId } = incoming
      const shown = final ? parts : [...parts, { type: 'controls', controls: [cancel] } as const]
      const message = { replyId: `reply-${jobId}`, jobId, key, inReplyTo: eventId, state, parts: shown, final }
      thread.replies.set(jobId, message)
      await bot.adapter?.render(message)
      if (!final) await pause(paceMs)
    }
    const reached = async (stage: Stage): Promise<void> => {
      if (bot.stopAt === stage) await new Promise<void>((resolve) => (released = resolve))
    }
    const finish = async (
      parts: readonly Part[],
      images: readonly ImageNode[],
      state: 'done' | 'failed' | 'cancelled',
    ) => {
      append(thread, { id: `turn-${jobId}`, role: 'assistant', blocks: [], jobId }, images)
      await show(parts, state)
    }
    const stop = (parts: readonly Part[]) =>
      cancelled.has(jobId) ? finish([...parts, { type: 'notice', text: 'Cancelled.' }], [], 'cancelled') : undefined

    await show([{ type: 'progress', progress: { phase: 'queued', position: 2 } }], 'queued')
    await reached('queued')
    await show([{ type: 'progress', progress: { phase: 'thinking' } }])
    await reached('thinking')
    if (cancelled.has(jobId)) return stop([])
    const sentence = 'Sure! Here is a picture of what you asked for, drawn with care:'
    for (let end = 4; end < sentence.length; end += 6) {
      await show([{ type: 'text', text: sentence.slice(0, end), streaming: true }])
      if (end > 30) await reached('writing')
    }
    if (/fail/.test(words)) {
      const error = { code: 'inference/worker-crashed', message: 'signal SIGSEGV', retryable: true } as const
      const retry: Control = { actionId: `retry:${jobId}`, label: 'Try again', style: 'primary' }
      return finish(
        [
          { type: 'text', text: sentence, streaming: false },
          {
            type: 'error',
            error,
            sentence: 'The model stopped unexpectedly and was started again; please try once more.',
          },
          { type: 'controls', controls: [retry] },
        ],
        [],
        'failed',
      )
    }
    const prompt = `a big ${words.replace(/^draw an? /, '')} in the center, cartoon style`
    const said: Part[] = [
      { type: 'text', text: sentence, streaming: false },
      { type: 'prompt', block: 0, text: prompt, streaming: false },
    ]
    const count = /four/.test(words) ? 4 : 1
    const steps = 10
    for (let step = 0; step <= steps; step++) {
      const preview = step < 2 ? {} : { preview: previewOf(jobs, 1 - step / steps) }
      const times = { elapsedMs: step * 420, remainingMs: (steps - step) * 420 }
      const progress = {
        phase: 'drawing',
        block: 0,
        image: 0,
        images: count,
        step,
        steps,
        ...times,
        ...preview,
      } as const
      await show([...said, { type: 'progress', progress }])
      if (step === 6) await reached('drawing')
      if (cancelled.has(jobId)) return stop(said)
    }
    const images = Array.from({ length: count }, (_, index) => {
      const recipe = recipeOf(words, prompt, jobs, index)
      const id = `image-${jobId}-${index}`
      const base = { id, turnId: `turn-${jobId}`, mediaType: 'image/png', width: 128, height: 128, recipe }
      return keepImage(drawScene(jobs + index), { ...base, operation: 'text-to-image', author: incoming.author })
    })
    const outgoing = images.map(({ id: imageId, sha256, mediaType, width, height, recipe }) => ({
      ...{ imageId, sha256, mediaType, width, height, alt: prompt },
      ...(recipe === undefined ? {} : { recipe }),
    }))
    const edit: Control = {
      actionId: `draw:turn-${jobId}:0`,
      label: 'Edit prompt',
      style: 'secondary',
      field: { name: 'prompt', label: 'Prompt', value: prompt, multiline: true },
    }
    const controls = [edit, ...images.flatMap(({ id }, index) => imageControls(id, count > 1 ? index + 1 : undefined))]
    await finish(
      [...said, { type: 'images', block: 0, images: outgoing }, { type: 'controls', controls }],
      images,
      'done',
    )
  }

  const act = (incoming: Incoming & { type: 'action' }): Acknowledgement | undefined => {
    const [kind, id = ''] = incoming.actionId.split(':')
    const thread = threadOf(incoming.key)
    if (thread === undefined) throw new AppError('input/not-found', { message: 'there is no such thread' })
    if (kind === 'cancel') {
      cancelled.add(id)
      released()
      return { type: 'done' }
    }
    if (kind !== 'delete') return undefined
    for (const [jobId, reply] of thread.replies) {
      const parts = reply.parts.map((part) =>
        part.type === 'images' ? { ...part, images: part.images.filter((image) => image.imageId !== id) } : part,
      )
      thread.replies.set(jobId, { ...reply, parts })
    }
    return { type: 'done' }
  }

  const bot: ScriptedBot = {
    handled: [],
    adapter: undefined,
    stopAt: undefined,
    release() {
      bot.stopAt = undefined
      released()
    },
    async handle(incoming) {
      bot.handled.push(incoming)
      const text = incoming.type === 'message' ? incoming.text : (incoming.values['prompt'] ?? incoming.actionId)
      if (/refuse/.test(text)) {
        const hint = 'Wait for one of them to finish.'
        throw new AppError('access/limit', { message: 'You have 8 jobs waiting.', hint })
      }
      const done = incoming.type === 'action' ? act(incoming) : undefined
      if (done !== undefined) return done
      const jobId = `job-${++jobs}`
      const thread = begin(incoming, text)
      if (incoming.type === 'message') {
        const uploads = incoming.attachments.map((attachment, index) => {
          const bytes = 'bytes' in attachment.source ? attachment.source.bytes : new Uint8Array()
          const base = { id: `upload-${jobId}-${index}`, turnId: `asked-${jobId}`, mediaType: 'image/png' }
          const size = { width: 128, height: 128, name: attachment.name }
          return keepImage(bytes, { ...base, ...size, operation: 'upload', author: incoming.author })
        })
        const blocks = uploads.map(({ id: imageId }) => ({ type: 'upload', imageId }) as const)
        const turn = { id: `asked-${jobId}`, role: 'user', author: incoming.author, jobId } as const
        append(thread, { ...turn, blocks: [...blocks, { type: 'text', text }] }, uploads)
      }
      void play(thread, incoming, jobId, text)
      return { type: 'accepted', jobId, position: 1 }
    },
    async listThreads(_platform, person) {
      return [...threads.values()]
        .filter(({ state }) => state.owner.id === person.id)
        .map(({ state }) => {
          const sha256 = state.headImageId === undefined ? undefined : state.images[state.headImageId]?.sha256
          const { key, title, updatedAt } = state
          return { key, title, updatedAt, ...(sha256 === undefined ? {} : { headImageSha256: sha256 }) }
        })
        .sort((a, b) => b.updatedAt - a.updatedAt)
    },
    async readThread(key, person) {
      const thread = ownThread(key, person)
      if (thread === undefined) return undefined
      return { state: thread.state, pending: [...thread.replies.values()].filter((reply) => !reply.final) }
    },
    async renameThread(key, person, title) {
      const thread = ownThread(key, person)
      if (thread === undefined) throw new AppError('input/not-found', { message: 'there is no such thread' })
      thread.state = { ...thread.state, title }
    },
    async deleteThread(key, person) {
      if (ownThread(key, person) !== undefined) threads.delete(threadKeyString(key))
    },
    async readBlob(key, person, sha256) {
      const images = Object.values(ownThread(key, person)?.state.images ?? {})
      return images.some((image) => image.sha256 === sha256) ? blobs.get(sha256) : undefined
    },
    readReply: async (key, person, jobId) => ownThread(key, person)?.replies.get(jobId),
    about: () => scriptedAbout,
  }

  function ownThread(key: ThreadKey, person: Person): Thread | undefined {
    const thread = threadOf(key)
    return thread?.state.owner.id === person.id ? thread : undefined
  }
  return bot
}

const previewOf = (seed: number, noise: number) => ({ bytes: drawScene(seed, noise), mediaType: 'image/png' })

function imageControls(imageId: string, number: number | undefined): Control[] {
  const label = (text: string): string => (number === undefined ? text : `${text} ${number}`)
  const style = 'secondary'
  return [
    { actionId: `variations:${imageId}`, label: label('Variations'), style },
    { actionId: `redo:${imageId}`, label: label('Redo with a new seed'), style },
    { actionId: `recipe:${imageId}`, label: label('Recipe'), style },
    { actionId: `delete:${imageId}`, label: label('Delete'), style: 'danger' },
  ]
}

const recipeOf = (wish: string, prompt: string, seed: number, index: number): Recipe => ({
  version: 1,
  operation: 'text-to-image',
  wish,
  prompt,
  negativePrompt: '',
  seed,
  index,
  sampler: 'ddim',
  steps: 10,
  guidanceScale: 5,
  width: 128,
  height: 128,
  models: { t2i: { name: 'llmga-tiny', sha256: 'ab'.repeat(32) } },
  versions: { llmga: '0.1.0', onnxruntime: '1.30.0', device: 'cpu' },
})
