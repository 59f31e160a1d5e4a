import { createEmulator, type Emulator } from 'emulate'
import { webApi } from '@slack/bolt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upload } from '../../../adapters/slack/files.ts'
import { usualTiming } from '../../../adapters/slack/options.ts'
import { createPace } from '../../../adapters/slack/pace.ts'
import { createSlackSurface } from '../../../adapters/slack/send.ts'
import { clientOptions } from '../../../adapters/slack/web-client.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { recordingBot } from '../../contracts/recording-bot.ts'
import { solidPng } from '../../support/scripted-inference.ts'

const token = 'xoxb-emulated'
const seed = {
  slack: {
    team: { name: 'Acme', domain: 'acme' },
    users: [{ name: 'llmga', real_name: 'LLMGA' }],
    channels: [{ name: 'general' }],
    tokens: [
      {
        token,
        user: 'llmga',
        scopes: ['chat:write', 'channels:history', 'channels:read', 'files:write', 'files:read'],
      },
    ],
  },
}
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const timing = { ...usualTiming, channelMs: 1, filePollMs: 5 }

/** What emulate@0.12.2 lacks: Socket Mode, streams, commands, buttons; it keeps files without looking at them. */
describe('Slack as the package emulate has it (no Socket Mode, no streams, no commands and buttons)', () => {
  let slack: Emulator
  let client: webApi.WebClient
  let channelId: string
  let threadId: string
  const pace = createPace(timing.channelMs, () => undefined)
  const bot = recordingBot()

  beforeAll(async () => {
    slack = await createEmulator({ service: 'slack', port: 0, seed })
    client = new webApi.WebClient(token, clientOptions({ apiUrl: `${slack.url}/api/` }, timing, silent))
    const { channels } = await client.conversations.list({})
    channelId = channels!.find(({ name }) => name === 'general')!.id!
    threadId = (await client.chat.postMessage({ channel: channelId, text: 'a red fox' })).ts!
  })
  afterAll(async () => {
    await pace.stop()
    await slack.close()
  })

  const surface = () =>
    createSlackSurface({
      client,
      bot,
      options: { apiUrl: `${slack.url}/api/` },
      timing,
      pace,
      botUserId: () => 'U000000001',
    })
  const reply = (words: string, sha256?: string): OutgoingMessage => ({
    replyId: `reply ${words}`,
    jobId: 'job-1',
    key: { platform: 'slack', workspaceId: 'T000000001', channelId, threadId },
    inReplyTo: 'event',
    author: { id: 'U000000001', name: 'Ann' },
    language: 'en',
    state: 'done',
    parts: [
      { type: 'text', text: words, streaming: false },
      ...(sha256 === undefined
        ? []
        : [
            {
              type: 'images' as const,
              block: 0,
              images: [{ imageId: 'image-1', sha256, mediaType: 'image/png', width: 8, height: 8, alt: 'a fox' }],
            },
          ]),
    ],
    final: true,
  })
  const shown = async () =>
    (
      await client.conversations.replies({ channel: channelId, ts: threadId, include_all_metadata: true })
    ).messages!.slice(1)

  it('posts in a thread, edits, finds its own message by its metadata, and removes it', async () => {
    const use = surface()
    const first = reply('Once')
    const [piece] = await use.layout(first)
    const posted = await use.create(first, 0, piece!.body, 'nonce-1')
    expect(await shown()).toMatchObject([
      { ts: posted.id, thread_ts: threadId, metadata: { event_type: 'llmga_reply' } },
    ])
    expect(await use.find(first, 0, 'nonce-1')).toMatchObject({ id: posted.id, channelId })
    expect(await use.find(first, 0, 'nonce-2')).toBeUndefined()
    const [later] = await use.layout(reply('Once upon a time'))
    await use.edit(posted, later!.body, piece!.body)
    expect(JSON.stringify(await shown())).toContain('Once upon a time')
    await use.remove(posted)
    expect(await shown()).toEqual([])
  })

  it('uploads a picture by the three steps and shows it in a block', async () => {
    const sha256 = 'a'.repeat(64)
    bot.blobs.set(sha256, solidPng(8, 8, 0xff0000))
    const use = surface()
    const message = reply('Here it is:', sha256)
    const [piece] = await use.layout(message)
    await use.create(message, 0, piece!.body, 'nonce-3')
    const [post] = await shown()
    const image = post!.blocks!.find((block) => String(block.type) === 'image') as unknown as {
      slack_file: { id: string }
    }
    const { file } = await client.files.info({ file: image.slack_file.id })
    const given = await fetch(file!.url_private!, { headers: { authorization: `Bearer ${token}` } })
    expect(Buffer.from(await given.arrayBuffer())).toEqual(Buffer.from(solidPng(8, 8, 0xff0000)))
  })

  it('names a file as emulate and Slack take it', async () => {
    const bytes = solidPng(2, 2, 1)
    const id = await upload(client, { bytes, name: '../<evil>.png' }, { apiUrl: `${slack.url}/api/`, timing })
    expect((await client.files.info({ file: id })).file?.name).not.toMatch(/[/<>]/)
  })
})
