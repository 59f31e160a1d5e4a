import { App, LogLevel, SocketModeReceiver } from '@slack/bolt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { solidPng } from '../../support/scripted-inference.ts'
import { asObject, asText, type JsonObject } from './json.ts'
import type { SlackPerson } from './person.ts'
import { createSlackStandIn, type SlackStandIn } from './stand-in.ts'
import type { SlackChannel } from './state.ts'

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}
const plain = (text: string) => ({ type: 'plain_text', text }) as const

describe("the stand-in for Slack, with Slack's own library", () => {
  let slack: SlackStandIn
  let app: InstanceType<typeof App>
  let ann: SlackPerson
  let general: SlackChannel

  beforeAll(async () => {
    slack = await createSlackStandIn()
    general = slack.channel('general')
    ann = slack.person('Ann')
    slack.join(general, ann)
    const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } }
    const link = { appToken: slack.appToken, clientPingTimeout: 500, logger: quiet }
    const receiver = new SocketModeReceiver({ ...link, installerOptions: { clientOptions } })
    app = new App({ token: slack.botToken, receiver, logger: quiet, clientOptions })
    app.event('app_mention', async ({ event, say }) => void (await say({ text: 'hello', thread_ts: event.ts })))
    app.command('/llmga', async ({ ack }) => ack('one moment'))
    app.action('go', async ({ ack, body, client }) => {
      await ack()
      const view = { type: 'modal', title: plain('Words'), submit: plain('Go'), callback_id: 'words' } as const
      const input = { type: 'plain_text_input', action_id: 'a', initial_value: 'red' } as const
      const block = { type: 'input', block_id: 'prompt', label: plain('Prompt'), element: input } as const
      await client.views.open({
        trigger_id: (body as unknown as { trigger_id: string }).trigger_id,
        view: { ...view, blocks: [block] },
      })
    })
    app.view('words', async ({ ack, view }) => {
      const value = view.state.values['prompt']?.['a']?.value
      await (value === 'no' ? ack({ response_action: 'errors', errors: { prompt: 'Say yes.' } }) : ack())
    })
    await app.start()
  })
  afterAll(async () => {
    await app.stop().catch(() => undefined)
    await slack.close()
  })

  const call = (method: string, args: JsonObject, token = slack.botToken) =>
    fetch(slack.apiUrl + method, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(args),
    }).then((response) => response.json() as Promise<JsonObject>)

  it('hands a mention to the bot, which answers in the thread', async () => {
    const root = ann.mention(general, 'hi <b> & all')
    const [reply] = await slack.until(() => slack.replies(root).length > 0 && slack.replies(root))
    expect(reply).toMatchObject({ text: 'hello', threadTs: root.ts })
    expect(root.text).toBe(`<@${slack.state.botUserId}> hi &lt;b&gt; &amp; all`)
    expect(slack.deliveries.every(({ sentAt }) => sentAt !== undefined)).toBe(true)
  })

  it('shows what answers a slash command to its person only', async () => {
    await ann.slash(general, 'help')
    expect(ann.sees(general).at(-1)).toMatchObject({ text: 'one moment', onlyFor: ann.id })
  })

  it('opens a form on a button, and says what the bot has against it', async () => {
    const blocks = [{ type: 'actions', elements: [{ type: 'button', action_id: 'go', text: plain('Go') }] }]
    const { ts } = await app.client.chat.postMessage({ channel: general.id, text: 'press', blocks: blocks })
    await ann.press(
      slack.state.messages.find((message) => message.ts === ts)!,
      'Go',
    )
    await slack.until(() => ann.form())
    expect(ann.fields()).toEqual(['Prompt'])
    expect(await ann.submit({ Prompt: 'no' })).toEqual({ Prompt: 'Say yes.' })
    expect(await ann.submit()).toEqual({})
    expect(ann.form()).toBeUndefined()
  })

  it('refuses a form whose trigger is older than three seconds', async () => {
    const view = { type: 'modal', title: plain('Late'), blocks: [{ type: 'divider' }] }
    const trigger = { userId: ann.id, teamId: ann.user.teamId, madeAt: Date.now() - 3001 }
    slack.state.triggers.set('old', trigger)
    expect(await call('views.open', { trigger_id: 'old', view })).toMatchObject({ error: 'expired_trigger_id' })
    expect(await call('views.open', { trigger_id: 'none', view })).toMatchObject({ error: 'invalid_trigger_id' })
  })

  it('takes uploads in three steps, and lets a block show the file when it is finished', async () => {
    const png = Buffer.from(solidPng(4, 4, 0xff0000))
    const { files } = (await app.client.filesUploadV2({ file: png, filename: 'fox.png' })) as unknown as {
      files: { files: { id: string; mimetype: string }[] }[]
    }
    const file = files[0]!.files[0]!
    expect(file.mimetype).toBe('')
    const image = { type: 'image', alt_text: 'a fox', slack_file: { id: file.id } }
    const post = () => call('chat.postMessage', { channel: general.id, text: 'fox', blocks: [image] })
    expect(await post()).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]'] },
    })
    const info = async () => asObject((await call('files.info', { file: file.id }))['file'])['mimetype']
    expect([await info(), await info(), await info()]).toEqual(['', '', 'image/png'])
    expect(await post()).toMatchObject({ ok: true })
  })

  it("gives a file's bytes only to whoever shows the token", async () => {
    const message = ann.say(general, 'look', { files: [{ name: 'a b.png', bytes: solidPng(2, 2, 1) }] })
    const url = `${slack.base}/files-pri/${ann.user.teamId}-${message.files[0]!.id}/a%20b.png`
    const without = await fetch(url, { redirect: 'manual' })
    expect([without.status, without.headers.get('location')]).toEqual([302, expect.stringContaining('/login')])
    const given = await fetch(url, { headers: { authorization: `Bearer ${slack.botToken}` } })
    expect(Buffer.from(await given.arrayBuffer())).toEqual(Buffer.from(solidPng(2, 2, 1)))
  })

  it.each<[string, JsonObject, string]>([
    ['51 blocks', { blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }, 'no more than 50 items allowed'],
    ['a long section', { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'a'.repeat(3001) } }] }, '3001'],
    ['no alt text', { blocks: [{ type: 'image', image_url: 'https://x' }] }, 'alt_text'],
    ['a long label', { blocks: [actions(['a', 'b'.repeat(76)])] }, 'less than 76 characters'],
    ['a repeated action id', { blocks: [actions(['a', 'A'], ['x', 'x'])] }, 'action_id must be unique'],
    ['an unknown block', { blocks: [{ type: 'marquee' }] }, 'unsupported type'],
  ])('refuses blocks with %s', async (_, content, complaint) => {
    const answer = await call('chat.postMessage', { channel: general.id, text: 'x', ...content })
    expect(answer['error']).toBe('invalid_blocks')
    expect(JSON.stringify(answer['errors'])).toContain(complaint)
  })

  it.each<[string, JsonObject, string, string?]>([
    ['chat.nothing', {}, 'unknown_method'],
    ['chat.postMessage', { channel: 'C1' }, 'channel_not_found'],
    ['chat.postMessage', { channel: 'C1' }, 'invalid_auth', 'xoxb-another'],
    ['chat.postMessage', { channel: 'C1' }, 'not_authed', ''],
    ['apps.connections.open', {}, 'not_allowed_token_type', 'xoxb-stand-in-bot'],
    ['files.info', { file: 'F000000000' }, 'file_not_found'],
  ])('refuses %s with %s: %s', async (method, args, error, token = slack.botToken) => {
    expect(await call(method, args, token)).toMatchObject({ ok: false, error })
  })

  it('keeps metadata of the right form, and tells it to whoever asks', async () => {
    const channel = general.id
    const bad = await call('chat.postMessage', { channel, text: 'x', metadata: { event_type: 'job' } })
    expect(bad['error']).toBe('invalid_metadata_format')
    const metadata = { event_type: 'job', event_payload: { id: '1' } }
    const root = ann.say(general, 'thread')
    await call('chat.postMessage', { channel, text: 'x', thread_ts: root.ts, metadata })
    const read = (more: JsonObject) => call('conversations.replies', { channel, ts: root.ts, ...more })
    expect(await read({ include_all_metadata: true })).toMatchObject({ messages: [{}, { metadata }] })
    expect(JSON.stringify(await read({}))).not.toContain('event_payload')
  })

  it('streams words to somebody, and sees every look of them', async () => {
    const root = ann.say(general, 'tell me')
    const start = { channel: general.id, thread_ts: root.ts }
    expect(await call('chat.startStream', start)).toMatchObject({ error: 'missing_recipient_team_id' })
    const recipient = { recipient_team_id: ann.user.teamId, recipient_user_id: ann.id }
    const { ts } = await call('chat.startStream', { ...start, ...recipient, markdown_text: 'Once' })
    const stream = { channel: general.id, ts: asText(ts) }
    await call('chat.appendStream', { ...stream, markdown_text: ' upon' })
    expect(await call('chat.update', { ...stream, text: 'x' })).toMatchObject({ error: 'streaming_state_conflict' })
    await call('chat.stopStream', { ...stream, markdown_text: ' a time' })
    expect(await call('chat.appendStream', { ...stream, markdown_text: '!' })).toMatchObject({
      error: 'message_not_in_streaming_state',
    })
    expect(slack.replies(root)[0]!.looks.map(({ text }) => text)).toEqual(['Once', 'Once upon', 'Once upon a time'])
  })

  it('notices whom the words of the bot would ping', async () => {
    const { ts } = await call('chat.postMessage', { channel: general.id, text: 'hi <!everyone> and &lt;!here&gt;' })
    expect(slack.state.messages.find((message) => message.ts === ts)!.pings).toEqual(['!everyone'])
  })

  it('makes what is planned go wrong, as often as planned', async () => {
    const post = () => call('chat.postMessage', { channel: general.id, text: 'storm' })
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'refusal', code: 'token_expired' } })
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'closed', carriedOut: true } })
    expect(await post()).toMatchObject({ error: 'token_expired' })
    await expect(post()).rejects.toThrow()
    expect(await post()).toMatchObject({ ok: true })
    expect(slack.state.messages.filter(({ text }) => text === 'storm')).toHaveLength(2)
  })

  it('sends again what was not acknowledged when the connection was cut', async () => {
    slack.socket.drop()
    const root = ann.mention(general, 'are you there?')
    await slack.until(() => slack.replies(root).length > 0)
    expect(slack.socket.opened()).toBeGreaterThan(1)
  })
})

function actions(labels: readonly string[], ids: readonly string[] = labels): JsonObject {
  const button = (text: string, i: number) => ({ type: 'button', action_id: ids[i]!, text: plain(text) })
  return { type: 'actions', elements: labels.map(button) }
}
