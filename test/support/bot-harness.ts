import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Acknowledgement, Adapter, BotAbout } from '../../src/contract/adapter.ts'
import type { ConversationState } from '../../src/contract/conversation.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { IncomingMessage } from '../../src/contract/incoming.ts'
import { samplerNames } from '../../src/contract/inference.ts'
import type { OutgoingMessage, Part } from '../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'
import { createBot, type BotWithAdapters } from '../../src/bot/bot.ts'
import type { BotOptions } from '../../src/bot/context.ts'
import { parseStyles } from '../../src/bot/styles.ts'
import { createStores, type Stores } from '../../src/conversation/stores.ts'
import { wordings } from './wordings.ts'
import { createScriptedInference, type Script, type ScriptedInference } from './scripted-inference.ts'

export const styles = parseStyles(JSON.parse(readFileSync('config/styles.json', 'utf8')), 'config/styles.json')
export { wordings } from './wordings.ts'

export const about: BotAbout = {
  version: 'test',
  models: {},
  examples: [],
  samplers: samplerNames,
  styles: Object.keys(styles),
  defaults: { steps: 3, guidanceScale: 5, width: 128, height: 128, sampler: 'ddim' },
}

export const ann: Person = { id: 'ann', name: 'Ann' }
export const bo: Person = { id: 'bo', name: 'Bo' }
export const keyOf = (threadId: string): ThreadKey => ({ platform: 'web', workspaceId: '', channelId: '', threadId })

/** Takes what begins like a PNG, as the image layer would: its size is read from the header. */
export async function checkPng(bytes: Uint8Array) {
  const view = Buffer.from(bytes)
  if (view.subarray(0, 4).toString('latin1') !== '\x89PNG')
    throw new AppError('image/unreadable', { message: 'the file is not a picture' })
  return { width: view.readUInt32BE(16), height: view.readUInt32BE(20), mediaType: 'image/png' }
}

/** Hands on what it is given. */
const fitImage = async (bytes: Uint8Array) => ({ ...(await checkPng(bytes)), bytes, reduced: false })

/** An adapter that remembers everything it was told to show. */
export interface RecordingAdapter extends Adapter {
  readonly messages: readonly OutgoingMessage[]
  /** Final messages of a job, in order: more than one means that it was posted more than once. */
  finals(jobId: string): readonly OutgoingMessage[]
}

export function createRecordingAdapter(onRender: (message: OutgoingMessage) => Promise<void> = async () => undefined) {
  const messages: OutgoingMessage[] = []
  const adapter: RecordingAdapter = {
    platform: 'web',
    capabilities: {
      textLimit: Infinity,
      fileLimitBytes: Infinity,
      streaming: true,
      modals: true,
      ephemeral: false,
      shared: false,
      spoilers: false,
    },
    messages,
    finals: (jobId) => messages.filter((message) => message.final && message.jobId === jobId),
    start: async () => undefined,
    stop: async () => undefined,
    async render(message) {
      await onRender(message)
      messages.push(message)
    },
  }
  return adapter
}

export interface Harness {
  readonly bot: BotWithAdapters
  readonly stores: Stores
  readonly inference: ScriptedInference
  readonly adapter: RecordingAdapter
  readonly say: (text: string, extra?: Partial<IncomingMessage>) => Promise<Acknowledgement>
  press(
    actionId: string,
    values?: Record<string, string>,
    extra?: { author?: Person; key?: ThreadKey; files?: Record<string, Uint8Array>; locale?: string },
  ): Promise<Acknowledgement>
  /** Says something, waits for the end of its job, and gives the final message. */
  readonly ask: (text: string, extra?: Partial<IncomingMessage>) => Promise<OutgoingMessage>
  ended(acknowledgement: Acknowledgement): Promise<OutgoingMessage>
  thread(threadId?: string): Promise<ConversationState>
  stop(): Promise<void>
}

export type HarnessOptions = Partial<Omit<BotOptions, 'inference'>> & {
  readonly script?: Script
  readonly adapter?: RecordingAdapter
  /** False: `bot.start()` is the test's to call. */
  readonly started?: boolean
}

let events = 0

export async function createHarness({
  script,
  adapter: given,
  started = true,
  ...options
}: HarnessOptions = {}): Promise<Harness> {
  const stores = options.stores ?? (await createStores({ memory: true }))
  const inference = createScriptedInference(script)
  const adapter = given ?? createRecordingAdapter()
  const log = pino({ level: 'silent' })
  const bot = createBot({ about, wordings, styles, log, checkImage: checkPng, fitImage, ...options, stores, inference })
  bot.attach(adapter)
  if (started) await bot.start()

  const say: Harness['say'] = (text, extra = {}) =>
    bot.handle({
      type: 'message',
      key: keyOf('t'),
      eventId: `event ${++events}`,
      author: ann,
      text,
      attachments: [],
      receivedAt: 1,
      ...extra,
    })
  const press: Harness['press'] = (actionId, values = {}, extra = {}) =>
    bot.handle({
      type: 'action',
      key: keyOf('t'),
      eventId: `event ${++events}`,
      author: ann,
      actionId,
      values,
      receivedAt: 1,
      ...extra,
    })

  async function ended(acknowledgement: Acknowledgement): Promise<OutgoingMessage> {
    if (!('jobId' in acknowledgement)) throw new Error('this event has no job')
    const { jobId } = acknowledgement
    await until(async () => adapter.finals(jobId).length > 0)
    await until(async () => ['done', 'failed', 'cancelled', undefined].includes((await stores.jobs.get(jobId))?.state))
    return adapter.finals(jobId).at(-1)!
  }

  return {
    bot,
    stores,
    inference,
    adapter,
    say,
    press,
    ended,
    ask: async (text, extra) => ended(await say(text, extra)),
    thread: async (threadId = 't') => (await stores.threads.get(keyOf(threadId)))!,
    stop: () => bot.stop(),
  }
}

/** Waits for a condition, at most five seconds. */
export async function until(condition: () => Promise<boolean> | boolean, limitMs = 5000): Promise<void> {
  for (const end = Date.now() + limitMs; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 2)))
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${condition.toString()}`)
}

export const partsOf = <T extends Part['type']>(message: OutgoingMessage, type: T) =>
  message.parts.filter((part): part is Extract<Part, { type: T }> => part.type === type)

export const imagesOf = (message: OutgoingMessage) => partsOf(message, 'images').flatMap(({ images }) => images)
export const controlOf = (message: OutgoingMessage, label: string) =>
  partsOf(message, 'controls')
    .flatMap(({ controls }) => controls)
    .find((control) => control.label === label)!
export const actionsOf = (message: OutgoingMessage) =>
  partsOf(message, 'controls').flatMap(({ controls }) => controls.map(({ actionId }) => actionId))
