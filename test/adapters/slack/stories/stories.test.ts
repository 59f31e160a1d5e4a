import { afterEach, describe, expect, it } from 'vitest'
import { buttonsOf, type SlackPerson } from '../../../stand-ins/slack/person.ts'
import type { SlackChannel } from '../../../stand-ins/slack/state.ts'
import { solidPng } from '../../../support/scripted-inference.ts'
import { isEnded, picturesOf, tellSlackStory, wordsOf, type SlackStory, type StoryOptions } from './story-slack.ts'

describe('stories on Slack, in one process', () => {
  let story: SlackStory
  let general: SlackChannel
  let ann: SlackPerson
  let bo: SlackPerson

  async function begin(options: StoryOptions = {}): Promise<void> {
    story = await tellSlackStory(options)
    const { slack } = story
    general = slack.channel('general')
    ann = slack.person('Ann')
    bo = slack.person('Bo')
    slack.join(general, ann, bo)
    await slack.until(() => story.adapter().status?.().state === 'connected')
  }
  afterEach(() => story.stop())

  /** Errors in the log that nothing was planned for. */
  const errors = () => story.log.filter(({ level }) => level >= 50).map(({ msg }) => msg)

  it('a mention becomes a thread with words that grow, a prompt, and one picture; "make it blue" works on it', async () => {
    await begin({ script: { tokenMs: 25, stepMs: 30 } })
    const root = ann.mention(general, 'a red fox')
    const [reply, ...others] = await story.answered(root)
    expect(others).toEqual([])
    const said = reply!.looks.map(({ text }) => text)
    expect(new Set(said).size).toBeGreaterThan(2)
    expect(wordsOf(reply!)).toContain('detailed a red fox')
    expect(picturesOf(reply!)).toHaveLength(1)
    ann.say(general, 'make it blue', { thread: root })
    const all = await story.answered(root, 2)
    expect(all).toHaveLength(2)
    expect(story.inference.requests.at(-1)).toMatchObject({ kind: 'edit' })
    expect(errors()).toEqual([])
  })

  it('a button of somebody else is refused, for their eyes alone', async () => {
    await begin()
    const root = ann.mention(general, 'a red fox')
    const [reply] = await story.answered(root)
    await bo.press(reply!, 'Variations')
    const told = await story.slack.until(() => bo.sees(general, root).find(({ onlyFor }) => onlyFor === bo.id))
    expect(wordsOf(told)).not.toBe('')
    expect(ann.sees(general, root)).not.toContain(told)
    expect(story.inference.requests.filter(({ kind }) => kind !== 'chat')).toHaveLength(1)
  })

  it('forty people of two teams are all answered, each once, within one bot', async () => {
    await begin({ slack: { teams: ['Acme', 'Beta'], filePolls: 0 } })
    const { slack } = story
    const rooms = ['Acme', 'Beta'].map((team) => slack.channel(`art-${team}`, { team }))
    const crowd = Array.from({ length: 40 }, (_, i) => {
      const person = slack.person(`P${i}`, { team: i % 2 === 0 ? 'Acme' : 'Beta' })
      slack.join(rooms[i % 2]!, person)
      return person
    })
    const roots = crowd.map((person, i) => person.mention(rooms[i % 2]!, `/imagine fox number ${i} --raw --steps 1`))
    await Promise.all(
      roots.map((root) =>
        slack.until(() => isEnded(slack.replies(root)) && slack.replies(root).flatMap(picturesOf).length > 0, 40_000),
      ),
    )
    expect(roots.map((root) => slack.replies(root).length)).toEqual(roots.map(() => 1))
    await slack.until(() => slack.deliveries.every(({ ackedAfterMs }) => ackedAfterMs !== undefined))
    expect(errors()).toEqual([])
  })

  it('Socket Mode drops in the middle of a job: the picture arrives, and what was said meanwhile too', async () => {
    await begin({ script: { stepMs: 60, steps: 8 } })
    const { slack } = story
    const root = ann.mention(general, '/imagine a red fox --raw')
    await slack.until(() => slack.replies(root).length > 0)
    slack.socket.drop()
    const second = bo.mention(general, '/imagine a blue car --raw --steps 1')
    expect(await story.answered(root)).toHaveLength(1)
    expect(await story.answered(second)).toHaveLength(1)
    expect(slack.socket.opened()).toBe(2)
    slack.socket.refresh('warning')
    await slack.until(() => slack.socket.opened() === 3 && slack.socket.connections() === 1)
    expect(errors()).toEqual([])
  })

  it('an event that comes three times makes one job; so does a button', async () => {
    await begin()
    const { slack } = story
    slack.socket.copies = 3
    const root = ann.mention(general, '/imagine a red fox --raw')
    const [reply] = await story.answered(root)
    await ann.choose(reply!, 'Redo with a new seed')
    await story.answered(root, 2)
    await slack.until(() => slack.deliveries.every(({ ackedAfterMs }) => ackedAfterMs !== undefined))
    expect(slack.replies(root)).toHaveLength(2)
    expect(story.inference.requests.filter(({ kind }) => kind === 'text-to-image')).toHaveLength(2)
  })

  it('signed requests are taken, forged, stale and future ones are refused, repeats make no second job', async () => {
    await begin({ overHttp: true, slack: { eventsUrl: 'http://127.0.0.1:1/' } })
    const { slack } = story
    const handle = story.adapter().handleHttp!
    const { signedHeaders } = await import('../../../stand-ins/slack/http-events.ts')
    const root = ann.mention(general, '/imagine a red fox --raw')
    const event = slack.deliveries.find(({ payload }) => JSON.stringify(payload).includes('app_mention'))!
    const body = JSON.stringify(event.payload)
    const post = (signing: Parameters<typeof signedHeaders>[2] = {}, secret = slack.signingSecret) =>
      handle(
        new Request('http://bot/slack/events', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json', ...signedHeaders(body, secret, signing) },
        }),
      ).then(({ status }) => status)
    expect(await post({}, 'another secret')).toBe(401)
    expect(await post({ signature: 'v0=' })).toBe(401)
    expect(await post({ signature: `v1=${'0'.repeat(64)}` })).toBe(401)
    expect(await post({ aheadSeconds: -301 })).toBe(401)
    expect(await post({ aheadSeconds: 301 })).toBe(401)
    expect(slack.replies(root)).toEqual([])
    expect(await post({ aheadSeconds: -290 })).toBe(200)
    for (const retry of ['1', '2', '3']) expect(await post({ headers: { 'x-slack-retry-num': retry } })).toBe(200)
    expect(await story.answered(root)).toHaveLength(1)
    expect(story.inference.requests.filter(({ kind }) => kind === 'text-to-image')).toHaveLength(1)
  })

  it('a token that has expired is told by the status; the picture arrives after a start with a good one', async () => {
    await begin({ script: { stepMs: 40, steps: 5 } })
    const { slack } = story
    const root = ann.mention(general, '/imagine a red fox --raw')
    await slack.until(() => slack.replies(root).length > 0)
    const takeBack = slack.faults.add({ on: '*', fault: { type: 'refusal', code: 'token_expired' }, times: Infinity })
    slack.socket.drop()
    await slack.until(() => /expired/.test(story.adapter().status?.().problem ?? ''))
    takeBack()
    await story.restart()
    expect(await story.answered(root)).toHaveLength(1)
    expect(story.adapter().status?.().state).toBe('connected')
  })

  it('429, 500, connections closed half-way and silence lose no result and double none', async () => {
    await begin()
    const { slack } = story
    const faults = {
      storm: { type: 'ratelimited', retryAfterSeconds: 1 },
      broken: { type: 'status', status: 500 },
      told: { type: 'closed', carriedOut: true },
      cut: { type: 'closed', carriedOut: false },
      silent: { type: 'silent', carriedOut: true },
    } as const
    const roots = Object.entries(faults).map(([name, fault]) => {
      const channel = slack.channel(name)
      slack.join(channel, ann)
      for (const on of ['chat.postMessage', 'chat.update'])
        slack.faults.add({ on, fault, when: (args) => args['channel'] === channel.id })
      return ann.mention(channel, `/imagine a fox of ${name} --raw --steps 1`)
    })
    const fault = { type: 'status', status: 503 } as const
    for (const on of ['files.getUploadURLExternal', 'upload', 'files.completeUploadExternal'])
      slack.faults.add({ on, fault })
    const answers = await Promise.all(roots.map((root) => story.answered(root)))
    expect(answers.map((replies) => replies.length)).toEqual([1, 1, 1, 1, 1])
    expect(slack.faults.met()).toBeGreaterThan(7)
    expect(errors()).toEqual([])
  })

  it('a stop while the result is being posted does not double it after the restart', async () => {
    await begin()
    const { slack } = story
    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'silent', carriedOut: true } })
    const root = ann.mention(general, '/imagine a red fox --raw --steps 1')
    await slack.until(() => slack.replies(root).length > 0)
    await story.restart()
    expect(await story.answered(root)).toHaveLength(1)
  })

  it('takes ten thousand characters, and says what is too long instead of cutting it', async () => {
    await begin()
    const root = ann.mention(general, `/imagine ${'a very red fox, '.repeat(625)} --raw`)
    const replies = await story.slack.until(() => {
      const seen = ann.sees(general, root).filter(({ user }) => user !== ann.id)
      return seen.length > 0 && isEnded(seen) && seen
    })
    expect(replies.length).toBeGreaterThan(0)
    for (const message of replies) expect(wordsOf(message).length).toBeLessThanOrEqual(40_000)
    expect(errors()).toEqual([])
  })

  it('hostile file names stay names', async () => {
    await begin()
    const name = '../../etc/<!everyone>\u202egnp.exe\n*bold*.png'
    const file = { name, bytes: solidPng(16, 16, 0xff0000) }
    const root = ann.mention(general, 'what color is it?', { files: [file] })
    const replies = await story.slack.until(() => {
      const seen = story.slack.replies(root)
      return seen.length > 0 && isEnded(seen) && story.inference.requests.length > 0 && seen
    })
    expect(story.slack.state.messages.flatMap(({ pings }) => pings)).toEqual([])
    expect(replies.map(wordsOf).join('')).not.toContain('etc/')
    for (const { name: sent } of story.slack.state.files.values())
      expect(sent === name || !/[/\n<>]/.test(sent)).toBe(true)
  })

  it('never pings anybody: neither a person nor the models can make it', async () => {
    const evil = '<!everyone> <!here|x> <!channel> @everyone <@U0LLMGABOT> &lt;!everyone&gt;'
    await begin({ script: { tokenMs: 15, reply: () => `${evil} <gen_image> ${evil} </gen_image>` } })
    const root = ann.mention(general, `draw ${evil}`)
    await story.answered(root)
    await ann.slash(general, `imagine ${evil} --raw`)
    await story.slack.until(() => story.inference.requests.filter(({ kind }) => kind === 'text-to-image').length === 2)
    await story.slack.until(() => story.slack.state.messages.every(({ streaming }) => !streaming))
    expect(story.slack.state.messages.flatMap(({ pings }) => pings)).toEqual([])
  })

  it('acknowledges in time with two hundred jobs waiting: Slack gives three seconds', async () => {
    const limits = { jobsPerPerson: 1000 }
    await begin({ script: { stepMs: 400, steps: 100 }, bot: { limits }, adapter: { timing: {} } })
    const { slack } = story
    const roots = Array.from({ length: 200 }, (_, i) => ann.mention(general, `/imagine fox ${i} --raw`))
    await slack.until(
      () => slack.deliveries.length >= 200 && slack.deliveries.every((one) => one.ackedAfterMs !== undefined),
    )
    const waiting = await story.slack.until(() => slack.replies(roots.at(0)!).length > 0 && slack.deliveries.length)
    const before = waiting
    await bo.slash(general, 'imagine a blue car --raw')
    bo.mention(general, 'hello')
    await slack.until(() => slack.deliveries.slice(before).every((one) => one.ackedAfterMs !== undefined))
    expect(Math.max(...slack.deliveries.slice(before).map(({ ackedAfterMs }) => ackedAfterMs!))).toBeLessThan(3000)
  })

  it('where Slack has no streams the words grow by edits', async () => {
    await begin({ script: { tokenMs: 30 } })
    const { slack } = story
    slack.faults.add({
      on: 'chat.startStream',
      fault: { type: 'refusal', code: 'not_allowed_token_type' },
      times: Infinity,
    })
    const root = ann.mention(general, 'a red fox')
    const [reply] = await story.answered(root)
    expect(new Set(reply!.looks.map(({ text }) => text)).size).toBeGreaterThan(2)
    expect(slack.calls.filter(({ method }) => method === 'chat.startStream')).toHaveLength(1)
    expect(slack.calls.some(({ method }) => method === 'chat.appendStream')).toBe(false)
  })

  it('shortcut, assistant pane, a deleted wish, and /llmga for the person alone', async () => {
    await begin({ script: { stepMs: 100, steps: 20 } })
    const { slack } = story
    const photo = bo.say(general, 'my fox', { files: [{ name: 'fox.png', bytes: solidPng(16, 16, 0xaa0000) }] })
    await ann.shortcut('llmga_edit', photo)
    await slack.until(() => ann.form())
    await ann.submit({ [ann.fields()[0]!]: 'make it blue --steps 1' })
    await story.answered(photo)
    expect(story.inference.requests.at(-1)).toMatchObject({ kind: 'edit' })

    const pane = ann.openAssistant()
    await slack.until(() => slack.replies(pane).length > 0)
    ann.say(ann.direct, '/imagine a red car --raw --steps 1', { thread: pane })
    await slack.until(() => slack.replies(pane).flatMap(picturesOf).length === 1)

    const running = bo.mention(general, '/imagine a slow car --raw')
    await slack.until(() => slack.replies(running).some((message) => buttonsOf(message).includes('Cancel')))
    const waiting = ann.mention(general, '/imagine a fox that nobody wants --raw')
    await slack.until(() => slack.replies(waiting).length > 0)
    ann.remove(waiting)
    await slack.until(() => /Cancelled/.test(slack.replies(waiting).map(wordsOf).join('')))
    await bo.press(
      slack.replies(running).findLast((message) => buttonsOf(message).includes('Cancel'))!,
      'Cancel',
    )

    await ann.slash(general, 'help')
    await slack.until(() => ann.sees(general).find(({ onlyFor }) => onlyFor === ann.id))
    expect(bo.sees(general).every(({ onlyFor }) => onlyFor !== ann.id)).toBe(true)
    expect(errors()).toEqual([])
  })
})
