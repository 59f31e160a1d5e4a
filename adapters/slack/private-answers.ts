import { randomUUID } from 'node:crypto'
import type { Acknowledgement } from '../../src/contract/adapter.ts'
import { languageOf } from '../../src/contract/language.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import type { AdapterLog } from '../chat/log.ts'
import { placeControls } from '../chat/place-controls.ts'
import { controlBlocks, wordBlocks, type Block } from './blocks.ts'
import { upload } from './files.ts'
import { slackAddress } from './hosts.ts'
import { escaped, shortened } from './markup.ts'
import { isDirect, slackLimits, type SlackOptions, type SlackTiming } from './options.ts'
import type { WebClient } from './web-client.ts'

/** Whom to tell, and by which ways. */
export interface Hearer {
  readonly userId: string
  readonly key: ThreadKey
  readonly locale?: string | undefined
  /** Good for half an hour, also where the bot is no member. */
  readonly responseUrl?: string | undefined
}

export type Answered = Extract<Acknowledgement, { type: 'answered' }>

export interface PrivateAnswers {
  /** Shows words to one person. Never throws: what cannot be told is logged. */
  tell(hearer: Hearer, text: string): Promise<void>
  /** An answer with its buttons; its files go to the direct conversation. */
  give(hearer: Hearer, answer: Answered): Promise<void>
  /** What the buttons of a private answer belong to; undefined when that is forgotten. */
  placed(place: string): { readonly key: ThreadKey; readonly controls: readonly Control[] } | undefined
}

interface Tools {
  readonly client: WebClient
  readonly options: Pick<SlackOptions, 'apiUrl'>
  readonly timing: SlackTiming
  readonly log: AdapterLog
}

const mostPlaced = 500

/** Words for one person's eyes: an ephemeral message, or a plain one in a direct conversation. */
export function createPrivateAnswers({ client, options, timing, log }: Tools): PrivateAnswers {
  const places = new Map<string, { readonly key: ThreadKey; readonly controls: readonly Control[] }>()

  function place(key: ThreadKey, controls: readonly Control[]): string {
    const name = `private:${randomUUID()}`
    places.set(name, { key, controls })
    const [oldest] = places.keys()
    if (places.size > mostPlaced && oldest !== undefined) places.delete(oldest)
    return name
  }

  async function show(hearer: Hearer, text: string, blocks: readonly Block[]): Promise<void> {
    const { channelId, threadId } = hearer.key
    const content = {
      text: escaped(shortened(text, slackLimits.fallback / 2)),
      blocks: blocks.slice(0, slackLimits.blocks),
    }
    const where = { channel: channelId, ...(threadId === '' ? {} : { thread_ts: threadId }) }
    const ways = [
      () =>
        isDirect(channelId)
          ? client.chat.postMessage({ ...where, ...content })
          : client.chat.postEphemeral({ ...where, user: hearer.userId, ...content }),
      ...(hearer.responseUrl === undefined ? [] : [() => respond(hearer.responseUrl!, { ...where, ...content })]),
      async () => client.chat.postMessage({ channel: await directChannel(hearer.userId), ...content }),
    ]
    await firstThatWorks(ways)
  }

  async function respond(url: string, content: object): Promise<void> {
    const address = slackAddress(url, options.apiUrl)
    if (!address) throw new Error('a response address that is not Slack’s own')
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...content })
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timing.requestMs)
    const response = await fetch(address, { method: 'POST', body, headers, signal, redirect: 'error' })
    if (!response.ok) throw new Error(`Slack answered ${response.status} to a private answer`)
  }

  async function directChannel(userId: string): Promise<string> {
    const { channel } = await client.conversations.open({ users: userId })
    return channel!.id!
  }

  async function sendFiles({ userId, key }: Hearer, { files = [] }: Answered, words: string): Promise<void> {
    if (files.length === 0) return
    const channelId = isDirect(key.channelId) ? key.channelId : await directChannel(userId)
    for (const { name, bytes } of files)
      await upload(client, { name, bytes }, { ...options, timing, place: { channelId, comment: words } })
  }

  const guarded = async (action: () => Promise<void>): Promise<void> =>
    action().catch((error: unknown) => log.warn({ err: error }, 'a private answer could not be shown'))

  return {
    tell: (hearer, text) => guarded(() => show(hearer, text, wordBlocks({ type: 'said', text }))),
    give: (hearer, answer) =>
      guarded(async () => {
        const { controls = [], files = [], text } = answer
        const sentences = sentencesIn(languageOf(hearer.locale) ?? 'en')
        const rows = placeControls([{ type: 'controls', controls }], { sentences, buttons: 5, menus: 5 })
        const blocks = [
          ...wordBlocks({ type: 'said', text }),
          ...(files.length > 0 ? wordBlocks({ type: 'notice', text: sentences.slack.filesSent }) : []),
          ...(controls.length > 0 ? controlBlocks(rows, place(hearer.key, controls)) : []),
        ]
        await show(hearer, text, blocks)
        await sendFiles(hearer, answer, escaped(shortened(text, slackLimits.fallback / 2)))
      }),
    placed: (name) => places.get(name),
  }
}

async function firstThatWorks(ways: readonly (() => Promise<unknown>)[]): Promise<void> {
  let failure: unknown
  for (const way of ways) {
    try {
      await way()
      return
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}
