import { serve } from '@hono/node-server'
import type { AddressInfo } from 'node:net'
import { createSlackAdapter, type SlackAdapter } from '../../../adapters/slack/adapter.ts'
import type { SlackOptions, SlackTiming } from '../../../adapters/slack/options.ts'
import type { AdapterLog } from '../../../adapters/chat/log.ts'
import { unescaped } from '../../../adapters/slack/markup.ts'
import type { Bot } from '../../../src/contract/adapter.ts'
import { createSlackStandIn, type SlackStandIn, type SlackStandInOptions } from '../../stand-ins/slack/stand-in.ts'
import type { SlackMessage } from '../../stand-ins/slack/state.ts'

/** Waits as short as tests need them. */
export const quick: SlackTiming = {
  ...{ editMs: 5, channelMs: 1, previewMs: 50, requestMs: 5000, filePollMs: 5 },
  ...{ reconnectMs: 30, reconnectMaxMs: 200 },
}

export interface LogLine {
  readonly level: keyof AdapterLog
  readonly message: string
  readonly fields: object
}

export function recordingLog(): AdapterLog & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at = (level: keyof AdapterLog) => (fields: object, message: string) =>
    void lines.push({ level, message, fields })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export interface Connected {
  readonly slack: SlackStandIn
  readonly adapter: SlackAdapter
  readonly log: ReturnType<typeof recordingLog>
  readonly stop: () => Promise<void>
}

export interface ConnectOptions {
  readonly overHttp?: boolean
  readonly slack?: SlackStandInOptions
  readonly adapter?: Partial<SlackOptions>
}

/** The adapter, started and connected to a stand-in: by Socket Mode, or by signed requests to an address of its own. */
export async function connect(bot: Bot, options: ConnectOptions = {}): Promise<Connected> {
  const slack = await createSlackStandIn({ filePolls: 1, ...options.slack })
  const log = recordingLog()
  const { botToken, appToken, signingSecret, apiUrl } = slack
  const way = options.overHttp ? { signingSecret } : { appToken }
  const adapter = createSlackAdapter({ botToken, ...way, apiUrl, channels: [], timing: quick, ...options.adapter }, log)
  const { handleHttp } = adapter
  const server = handleHttp && serve({ fetch: handleHttp, port: 0, hostname: '127.0.0.1' })
  if (server) {
    await new Promise((resolve) => server.once('listening', resolve))
    slack.eventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`
  }
  await adapter.start(bot)
  await slack.until(() => adapter.status!().state === 'connected')
  return {
    slack,
    adapter,
    log,
    async stop() {
      await adapter.stop()
      await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
      await slack.close()
    },
  }
}

interface ShownBlock {
  readonly type: string
  readonly block_id?: string
  readonly text?: { readonly text: string }
  readonly elements?: readonly { readonly text?: string | { readonly text: string } }[]
  readonly slack_file?: { readonly id: string }
}

const blocksOf = (message: SlackMessage) => message.blocks as unknown as readonly ShownBlock[]
const isProgress = ({ block_id }: ShownBlock) => block_id?.startsWith('progress') === true

const wordsOf = (block: ShownBlock): readonly string[] => {
  if (block.type === 'section') return [block.text!.text]
  return block.type === 'context' ? block.elements!.map(({ text }) => text as string) : []
}

/** What is read in a message, block by block; progress apart. */
export const readIn = (message: SlackMessage): readonly string[] =>
  (message.markdown || message.blocks.length === 0
    ? [message.text]
    : blocksOf(message)
        .filter((block) => !isProgress(block))
        .flatMap(wordsOf)
  ).map(unescaped)

export const progressIn = (message: SlackMessage): string | undefined =>
  blocksOf(message).filter(isProgress).flatMap(wordsOf)[0]

/** Ids of the pictures in a message's blocks. */
export const pictureIdsIn = (message: SlackMessage): readonly string[] =>
  blocksOf(message).flatMap(({ type, slack_file }) => (type === 'image' && slack_file ? [slack_file.id] : []))
