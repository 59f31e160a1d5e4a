import type { Acknowledgement } from '../../../src/contract/adapter.ts'
import type { Command } from '../../../src/contract/incoming.ts'
import type { WireMaskLink } from '../routes/mask-links.ts'
import type { WireAbout } from '../routes/pages.ts'
import type { WireControl, WireError, WireThreadSummary } from '../wire.ts'

/** A request that did not succeed: what happened and what to do about it, in one or two sentences. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, ...sentences: readonly string[]) {
    super(sentences.join(' '))
    this.status = status
  }
}

export interface NewMessage {
  /** The same id again is the same message: safe to send twice. */
  readonly eventId: string
  readonly text: string
  readonly files: readonly File[]
  readonly command?: Command
  readonly replyToImageId?: string
}

export const readAbout = (): Promise<WireAbout> => call('GET', '/api/about')

export const listThreads = async (): Promise<readonly WireThreadSummary[]> =>
  (await call<{ threads: WireThreadSummary[] }>('GET', '/api/threads')).threads

export const createThread = async (): Promise<string> =>
  (await call<{ threadId: string }>('POST', '/api/threads')).threadId

export const renameThread = (threadId: string, title: string): Promise<unknown> =>
  call('PATCH', threadPath(threadId), { title })

/** Where the thread is handed over as one zip. */
export const exportUrl = (threadId: string): string => `${threadPath(threadId)}/export`

export const deleteThread = (threadId: string): Promise<unknown> => call('DELETE', threadPath(threadId))

export const checkThread = (threadId: string): Promise<unknown> => call('GET', threadPath(threadId))

export const cancelAll = (threadId: string): Promise<Acknowledgement> => call('POST', threadPath(threadId, 'cancel'))

/** Presses a control: values of its form by their fields' names, files likewise. */
export const useControl = (threadId: string, actionId: string, ...form: FormContent): Promise<Acknowledgement> =>
  sendForm(threadPath(threadId, 'actions'), actionId, ...form)

/** The control behind a link to the mask editor. */
export const readMaskLink = async (token: string): Promise<WireControl> =>
  (await call<WireMaskLink>('GET', `/mask/${token}/control`)).control

/** Sends what was drawn behind such a link. */
export const sendMask = (token: string, actionId: string, ...form: FormContent): Promise<Acknowledgement> =>
  sendForm(`/mask/${token}`, actionId, ...form)

type FormContent = [values?: Readonly<Record<string, string>>, files?: Readonly<Record<string, File>>]

function sendForm(path: string, actionId: string, ...[values = {}, files = {}]: FormContent): Promise<Acknowledgement> {
  if (Object.keys(files).length === 0) return call('POST', path, { actionId, values, eventId: newId() })
  const form = new FormData()
  form.set('actionId', actionId)
  form.set('eventId', newId())
  form.set('values', JSON.stringify(values))
  for (const [name, file] of Object.entries(files)) form.set(name, file)
  return call('POST', path, form)
}

export function sendMessage(threadId: string, message: NewMessage): Promise<Acknowledgement> {
  const { files, command, ...fields } = message
  if (files.length === 0)
    return call('POST', threadPath(threadId, 'messages'), { ...fields, ...(command && { command }) })
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  if (command !== undefined) form.set('command', JSON.stringify(command))
  for (const file of files) form.append('file', file)
  return call('POST', threadPath(threadId, 'messages'), form)
}

export const threadPath = (threadId: string, below?: string): string =>
  `/api/threads/${encodeURIComponent(threadId)}${below === undefined ? '' : `/${below}`}`

/** crypto.randomUUID is missing where the page comes over plain http from another machine. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function call<T>(method: string, path: string, body?: FormData | object): Promise<T> {
  const json = body === undefined || body instanceof FormData ? {} : { 'Content-Type': 'application/json' }
  const content = body instanceof FormData ? { body } : body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(path, { method, headers: { Accept: 'application/json', ...json }, ...content }).catch(
    () => {
      throw new ApiError(0, 'The program cannot be reached.', 'See whether it still runs, then try again.')
    },
  )
  if (response.status === 401) location.assign('/login')
  if (response.status === 204) return undefined as T
  if (response.ok) return (await response.json()) as T
  const { error } = (await response.json().catch(() => ({}))) as Partial<WireError>
  const message = error?.message ?? `The program answered with ${response.status}.`
  throw new ApiError(response.status, message, ...(error?.hint === undefined ? [] : [error.hint]))
}
