import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkSlack } from '../../../adapters/slack/checks.ts'
import type { Acknowledgement } from '../../../src/contract/adapter.ts'
import type { IncomingMessage } from '../../../src/contract/incoming.ts'
import { recordingBot } from '../../contracts/recording-bot.ts'
import { eventDelivery } from '../../stand-ins/slack/events.ts'
import { createSlackAdapter } from '../../../adapters/slack/adapter.ts'
import { connect, recordingLog, type Connected, type ConnectOptions } from './slack-harness.ts'

let open: Connected[] = []
const rejected: unknown[] = []
const note = (reason: unknown) => void rejected.push(reason)
beforeEach(() => {
  rejected.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  for (const one of open) await one.stop()
  open = []
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(rejected).toEqual([])
})

async function scene(options: ConnectOptions = {}) {
  const bot = recordingBot()
  const connected = await connect(bot, options)
  open.push(connected)
  const ann = connected.slack.person('Ann')
  const texts = () => bot.handled.map((one) => (one as IncomingMessage).text)
  return { ...connected, bot, ann, texts, status: () => connected.adapter.status!() }
}

describe('the connection to Slack', () => {
  it('is made anew when it drops or Slack asks for it, and loses no event', async () => {
    const { slack, ann, texts } = await scene()
    slack.socket.drop()
    ann.say(ann.direct, 'while it was gone')
    await slack.until(() => texts().length === 1)
    slack.socket.refresh()
    await slack.until(() => slack.socket.opened() === 3 && slack.socket.connections() === 1)
    ann.say(ann.direct, 'and now?')
    await slack.until(() => texts().length === 2)
    expect(texts()).toEqual(['while it was gone', 'and now?'])
  })

  it('says what is wrong and what to do, and goes on trying', async () => {
    const { slack, status } = await scene()
    const takeBack = slack.faults.add({
      on: 'auth.test',
      fault: { type: 'refusal', code: 'token_revoked' },
      times: Infinity,
    })
    slack.socket.drop()
    await slack.until(() => status().state === 'retrying' && status().problem?.includes('SLACK_BOT_TOKEN'))
    expect(status().problem).not.toContain(slack.botToken)
    takeBack()
    await slack.until(() => status().state === 'connected')
    expect(status().problem).toBeUndefined()
  })

  it('is doubted when a token is refused while it stands', async () => {
    const { slack, ann, bot, adapter, status } = await scene()
    ann.say(ann.direct, 'a red fox')
    await slack.until(() => bot.handled.length === 1)
    const { key, author, eventId } = bot.handled[0]!
    const expired = { type: 'refusal', code: 'token_expired' } as const
    const takeBack = slack.faults.add({ on: '*', fault: expired, times: Infinity })
    const reply = {
      replyId: 'r',
      jobId: 'j',
      key,
      inReplyTo: eventId,
      author,
      language: 'en',
      state: 'running',
    } as const
    await adapter.render({ ...reply, parts: [{ type: 'text', text: 'Hi', streaming: false }], final: false })
    await slack.until(() => status().problem?.includes('expired'))
    takeBack()
    await slack.until(() => status().state === 'connected')
  })

  it('may be stopped while it is being made', async () => {
    const { slack, adapter, status } = await scene()
    slack.faults.add({ on: 'apps.connections.open', fault: { type: 'slow', ms: 300 }, times: Infinity })
    slack.socket.drop()
    await slack.until(() => slack.calls.filter(({ method }) => method === 'apps.connections.open').length > 1)
    await adapter.stop()
    expect(status().state).toBe('stopped')
    await slack.until(() => slack.socket.connections() === 0)
  })
})

describe('requests of Slack', () => {
  it('without its signature are refused, and nothing is done', async () => {
    const { slack, ann, bot, log } = await scene({ overHttp: true })
    const event = {
      type: 'message',
      channel: ann.direct.id,
      channel_type: 'im',
      user: ann.id,
      text: 'forged',
      ts: '1.1',
    }
    const { payload } = eventDelivery(slack.state, ann.user.teamId, event)
    const statusOf = async (signing: object) => (await slack.http.post({ type: 'events_api', payload }, signing)).status
    expect(await statusOf({ secret: 'another' })).toBe(401)
    expect(await statusOf({ aheadSeconds: -400 })).toBe(401)
    expect(await statusOf({ aheadSeconds: 400 })).toBe(401)
    expect(await statusOf({ signature: '' })).toBe(401)
    expect(log.lines.filter(({ message }) => message.includes('signature'))).toHaveLength(4)
    expect(await statusOf({})).toBe(200)
    expect(await statusOf({ headers: { 'x-slack-retry-num': '1' } })).toBe(200)
    await slack.until(() => bot.handled.length > 0)
    expect(bot.handled).toHaveLength(1)
  })

  it('verify the address, and are told to come again before the bot knows who it is', async () => {
    const { slack, adapter } = await scene({ overHttp: true })
    const verification = { type: 'url_verification', challenge: 'abc', token: 'x' }
    const answer = await slack.http.post({ type: 'events_api', payload: verification })
    expect(await answer.json()).toEqual({ challenge: 'abc' })
    const large = new Request('http://bot.example/slack/events', { method: 'POST', body: 'x'.repeat(2 ** 21) })
    expect((await adapter.handleHttp!(large)).status).toBe(413)
  })

  it('are acknowledged at once, however long the bot takes', async () => {
    const bot = recordingBot()
    let release: () => void = () => undefined
    const busy = new Promise<void>((resolve) => (release = resolve))
    const handle = async (): Promise<Acknowledgement> => busy.then(() => ({ type: 'done' }))
    const connected = await connect({ ...bot, handle }, { overHttp: true })
    open.push(connected)
    const { slack } = connected
    const ann = slack.person('Ann')
    ann.say(ann.direct, 'a red fox')
    const [delivery] = slack.deliveries
    await slack.until(() => delivery!.ackedAfterMs !== undefined)
    expect(delivery!.ackedAfterMs).toBeLessThan(1000)
    release()
  })
})

describe("the doctor's look at Slack", () => {
  it('finds that all is well', async () => {
    const { slack } = await scene()
    const { botToken, appToken, signingSecret, apiUrl } = slack
    const checks = await checkSlack({ botToken, appToken, signingSecret, apiUrl, channels: [] })
    expect(checks.map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(JSON.stringify(checks)).not.toMatch(/xoxb|xapp|stand-in-signing/)
  })

  it('names what is missing and what to do', async () => {
    const { slack } = await scene({ slack: { scopes: ['chat:write'] } })
    const { botToken, apiUrl } = slack
    const [, scopes] = await checkSlack({ botToken, apiUrl, channels: [] })
    expect(scopes).toMatchObject({ ok: false, detail: expect.stringContaining('files:read') as string })
    expect(scopes!.fix).toContain('manifest')
    const wrong = await checkSlack({ botToken: 'xoxb-wrong', appToken: 'xoxb-wrong', apiUrl, channels: [] })
    expect(wrong.map(({ ok }) => ok).slice(0, 4)).toEqual([false, 'skipped', false, 'skipped'])
    expect(JSON.stringify(wrong)).not.toContain('xoxb-wrong')
  })
})

describe('a file of Slack', () => {
  const bytes = Buffer.from('GIF89a picture')
  it('is fetched with the token up to its limit, and never from elsewhere', async () => {
    const { slack, ann, bot, adapter } = await scene()
    ann.say(ann.direct, 'look', { files: [{ name: 'a.gif', bytes }] })
    await slack.until(() => bot.handled.length === 1)
    const { source } = (bot.handled[0] as IncomingMessage).attachments[0]!
    const url = 'url' in source ? source.url : ''
    const get = (link: string, limit = 1000) => adapter.download!(link, limit, AbortSignal.timeout(5000))
    expect(Buffer.from(await get(url)).equals(bytes)).toBe(true)
    await expect(get(url, 5)).rejects.toMatchObject({ code: 'image/too-large' })
    await expect(get('https://evil.example/a.gif')).rejects.toMatchObject({ code: 'access/denied' })
    await expect(get(`${slack.base}/login`)).rejects.toMatchObject({ code: 'access/denied' })
    const other = createOther(slack.apiUrl)
    await expect(other.download!(url, 1000, AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'access/denied',
      hint: expect.stringContaining('files:read') as string,
    })
    slack.faults.add({ on: 'download', fault: { type: 'status', status: 500 } })
    await expect(get(url)).rejects.toMatchObject({ code: 'image/unreadable', retryable: true })
  })
})

/** With a token that Slack does not know: it answers with its sign-in page. */
const createOther = (apiUrl: string) =>
  createSlackAdapter({ botToken: 'xoxb-other', signingSecret: 'secret', apiUrl, channels: [] }, recordingLog())
