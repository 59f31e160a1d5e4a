import { randomUUID } from 'node:crypto'
import type { Adapter, Bot } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Attachment, Command, Incoming } from '../../src/contract/incoming.ts'
import type { Control, OutgoingImage, OutgoingMessage } from '../../src/contract/outgoing.ts'
import { threadKeyString, type Person, type ThreadKey } from '../../src/contract/thread.ts'
import { controlsOf, replyChanges, type ReplyChange } from './reply-changes.ts'
import type { ShownChange, View } from './view.ts'

export const terminalPlatform = 'terminal'

export interface TerminalOptions {
  readonly person: Person
  /** Name of the thread; the same name finds it again. */
  readonly thread: string
  readonly view: View
  readonly fileLimitBytes: number
  /** Writes a picture, or a file under the name that `alt` says, and tells where. */
  readonly savePicture: (bytes: Uint8Array, image: OutgoingImage) => Promise<string>
}

/** A person at a terminal. Its calls resolve when the reply has been shown to its end; undefined where none follows. */
export interface TerminalAdapter extends Adapter {
  readonly key: ThreadKey
  readonly person: Person
  say(words: {
    text: string
    command?: Command
    attachments?: readonly Attachment[]
  }): Promise<OutgoingMessage | undefined>
  /** Uses a control of the newest reply, counted from 1. Throws AppError `input/invalid-option` where there is none. */
  press(number: number, value?: string): Promise<OutgoingMessage | undefined>
  /** Cancels what this terminal waits for; false when that is nothing. */
  cancel(): Promise<boolean>
}

interface Waiter {
  resolve(final: OutgoingMessage): void
  reject(error: unknown): void
}

export function createTerminalAdapter({
  person,
  thread,
  view,
  fileLimitBytes,
  savePicture,
}: TerminalOptions): TerminalAdapter {
  const key: ThreadKey = { platform: terminalPlatform, workspaceId: '', channelId: '', threadId: thread }
  const replies = new Map<string, OutgoingMessage>()
  const waiting = new Map<string, Waiter>()
  let inFlight = 0
  let newest: OutgoingMessage | undefined
  let started: Bot | undefined
  let showing: Promise<void> = Promise.resolve()

  const bot = (): Bot => {
    if (started) return started
    throw new AppError('internal', { message: 'the terminal was used before it was started' })
  }
  const event = () => ({ key, author: person, eventId: randomUUID(), receivedAt: Date.now() })

  /** Shows the changes one after another: a picture has been fetched and saved before later words appear. */
  async function show(message: OutgoingMessage): Promise<void> {
    const changes = replyChanges(replies.get(message.replyId), message)
    if (changes.length === 0) return
    replies.set(message.replyId, message)
    newest = message
    for (const change of changes) view.show(await saved(change), message.jobId)
    if (message.final) settle(message.jobId, (waiter) => waiter.resolve(message))
  }

  function settle(jobId: string, how: (waiter: Waiter) => void): void {
    const waiter = waiting.get(jobId)
    waiting.delete(jobId)
    if (waiter) how(waiter)
  }

  async function saved(change: ReplyChange): Promise<ShownChange> {
    if (change.type === 'image') return { ...change, file: await save(change.image) }
    if (change.type !== 'file') return change
    const { name: alt, sha256, mediaType } = change.file
    return {
      type: 'file',
      made: change.file,
      file: await save({ imageId: sha256, alt, sha256, mediaType, width: 0, height: 0 }),
    }
  }

  async function save(image: OutgoingImage): Promise<string> {
    const bytes = await bot().readBlob(key, person, image.sha256)
    if (!bytes) throw new AppError('input/not-found', { message: `${image.alt} is gone.` })
    return savePicture(bytes, image)
  }

  async function hand(incoming: Incoming): Promise<OutgoingMessage | undefined> {
    inFlight += 1
    try {
      const answer = await bot().handle(incoming)
      return 'jobId' in answer ? await finalReply(answer.jobId) : undefined
    } finally {
      inFlight -= 1
    }
  }

  async function finalReply(jobId: string): Promise<OutgoingMessage> {
    await showing
    const shown = [...replies.values()].find((reply) => reply.final && reply.jobId === jobId)
    if (shown) return shown
    return new Promise((resolve, reject) => waiting.set(jobId, { resolve, reject }))
  }

  return {
    platform: terminalPlatform,
    capabilities: {
      textLimit: Infinity,
      fileLimitBytes,
      streaming: true,
      modals: false,
      ephemeral: false,
      shared: false,
      spoilers: false,
    },
    key,
    person,
    start: async (newBot) => void (started = newBot),
    stop: () => showing,
    render(message) {
      if (threadKeyString(message.key) !== threadKeyString(key)) return Promise.resolve() // kept in its own thread
      const shown = showing.then(() => show(message))
      showing = shown.catch((error: unknown) => {
        if (message.final) settle(message.jobId, (waiter) => waiter.reject(error))
      })
      return shown
    },
    say: ({ text, command, attachments = [] }) =>
      hand({ type: 'message', ...event(), text, attachments, ...(command && { command }) }),
    press: async (number, value) => {
      const control = newest && controlsOf(newest)[number - 1]
      if (!control)
        throw new AppError('input/invalid-option', {
          message: `The last reply has no control ${number}.`,
          hint: 'The numbers stand below each reply.',
        })
      const values = formValues(control, value)
      return hand({ type: 'action', ...event(), actionId: control.actionId, values })
    },
    cancel: async () => {
      if (inFlight === 0) return false
      await bot().handle({
        type: 'message',
        ...event(),
        text: '',
        attachments: [],
        command: { name: 'cancel', options: {} },
      })
      return true
    },
  }
}

/** A form's values: what was typed fills the first field of words (a mask's field where there is no other). */
function formValues({ fields = [] }: Control, typed: string | undefined): Readonly<Record<string, string>> {
  const filled = fields.find(({ type }) => type === 'text') ?? fields[0]
  const usual = fields.flatMap((field) => (field.type === 'mask' ? [] : [[field.name, String(field.value)] as const]))
  const values = Object.fromEntries(usual)
  return filled && typed !== undefined ? { ...values, [filled.name]: typed } : values
}
