import { buildPage } from '../../../adapters/web/page-bundle.ts'
import { createWebAdapter } from '../../../adapters/web/adapter.ts'
import { applyFeedEvent } from '../../../adapters/web/page/feed-state.ts'
import type { FeedEvent } from '../../../adapters/web/page/feed-state.ts'
import { progressWords } from '../../../adapters/web/page/words.ts'
import type { WireEntry, WireError, WirePart, WireThread } from '../../../adapters/web/wire.ts'
import type { Turn } from '../../../src/contract/conversation.ts'
import { adapterContract } from '../../contracts/adapter.ts'
import type { AdapterHarness } from '../../contracts/adapter.ts'
import type { RecordingBot } from '../../contracts/recording-bot.ts'
import { keepLog, readEvents } from './web.ts'

const page = buildPage()
const partsOf = (entry: WireEntry): readonly WirePart[] => (entry.type === 'reply' ? entry.reply.parts : [])

const controlsOf = (part: WirePart) => (part.type === 'controls' || part.type === 'route' ? part.controls : [])

/** The suite's bot keeps no turns; a stream's snapshots need those of what was handled. */
function withTurns(bot: RecordingBot): RecordingBot {
  const readThread: RecordingBot['readThread'] = async (key, person) => {
    const view = await bot.readThread(key, person)
    const jobs = bot.handled.map((_incoming, index) => `job-${index + 1}`)
    const turns = jobs.flatMap((jobId): Turn[] => {
      const user: Turn = { id: `${jobId}-asked`, role: 'user', jobId, createdAt: 0, blocks: [] }
      const answer: Turn = { ...user, id: `${jobId}-answer`, role: 'assistant' }
      return bot.replies.get(jobId)?.final === true ? [user, answer] : [user]
    })
    const linked = turns.map((turn, i) => ({ ...turn, ...(i > 0 && { parentId: turns[i - 1]!.id }) }))
    const head = linked.at(-1)
    const byId = Object.fromEntries(linked.map((turn) => [turn.id, turn]))
    return view && { ...view, state: { ...view.state, turns: byId, ...(head && { headTurnId: head.id }) } }
  }
  return Object.assign(Object.create(bot) as RecordingBot, { readThread })
}

/** A client of the API: sends requests and follows the stream, as the page does. */
async function createHarness(bot: RecordingBot): Promise<AdapterHarness> {
  const options = { host: '127.0.0.1', tokens: [], limits: { coalesceMs: 1, heartbeatMs: 15 } }
  const adapter = createWebAdapter(options, keepLog(), () => page)
  await adapter.start(withTurns(bot))
  const request = async (path: string, init?: RequestInit) => adapter.routes.request(`/api/threads/t1${path}`, init)
  const refusals: string[] = []
  let thread: WireThread | undefined
  const events = readEvents(await request('/events'))
  /** Reads until the stream has nothing to tell: a heartbeat came. */
  const catchUp = async (): Promise<WireEntry[]> => {
    for (const event of await events.until(({ name }) => name === 'ping'))
      if (event.name !== 'ping') thread = applyFeedEvent(thread, event as FeedEvent)
    return [...(thread?.entries ?? [])]
  }
  const post = async (path: string, body: FormData | string): Promise<void> => {
    const response = await request(path, { method: 'POST', body })
    if (response.ok) return
    const { error } = (await response.json()) as WireError
    refusals.push(`${error.message} ${error.hint ?? ''}`)
  }
  const wordsOf = (part: WirePart): string[] => {
    if (part.type === 'error') return [part.sentence]
    if (part.type === 'route') return [part.chosen]
    if (part.type === 'change') return [...(part.source ?? []), ...(part.target ?? [])].map(({ text }) => text)
    return part.type === 'text' || part.type === 'prompt' || part.type === 'notice' ? [part.text] : []
  }
  return {
    adapter,
    async write(text, files = []) {
      const form = new FormData()
      form.set('text', text)
      for (const { name, bytes } of files) form.append('file', new File([new Uint8Array(bytes)], name))
      await post('/messages', files.length > 0 ? form : JSON.stringify({ text }))
    },
    async press(label, value) {
      const parts = (await catchUp()).flatMap(partsOf)
      const controls = parts.flatMap(controlsOf)
      const control = controls.findLast((one) => one.label === label)
      if (control === undefined) throw new Error(`there is no control "${label}"`)
      const [field] = control.fields ?? []
      const values = field === undefined || value === undefined ? {} : { [field.name]: value }
      await post('/actions', JSON.stringify({ actionId: control.actionId, values }))
    },
    cancel: () => post('/cancel', ''),
    async seen() {
      const parts = (await catchUp()).flatMap(partsOf)
      const urls = parts.flatMap((part) => (part.type === 'images' ? part.images.map(({ url }) => url) : []))
      const read = async (url: string) => new Uint8Array(await (await adapter.routes.request(url)).arrayBuffer())
      const blobs = urls.map(read)
      const downloads = parts.flatMap((part) => (part.type === 'file' ? [read(part.downloadUrl)] : []))
      const progress = parts.flatMap((part) => (part.type === 'progress' ? [progressWords(part.progress)] : []))
      return {
        messages: [...parts.flatMap(wordsOf), ...refusals],
        images: await Promise.all(blobs),
        progress: progress.at(-1),
        files: await Promise.all(downloads),
        controls: parts.flatMap(controlsOf).map(({ label }) => label),
      }
    },
    async stop() {
      await events.cancel()
      await adapter.stop()
    },
  }
}

adapterContract('web', createHarness)
