import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entriesOf, buttonsOf, type SlackPerson } from '../../stand-ins/slack/person.ts'
import { createSlackStandIn, type SlackStandIn } from '../../stand-ins/slack/stand-in.ts'
import type { SlackChannel, SlackMessage } from '../../stand-ins/slack/state.ts'
import { createScenes, slackTranscript } from '../../stand-ins/transcript/slack.ts'
import { isEnded, picturesOf, wordsOf } from '../../adapters/slack/stories/story-slack.ts'
import { makePlace, startServer, type Server } from '../program.ts'

const cat = readFileSync(new URL('../../fixtures/llmga-tiny/sample-cat.png', import.meta.url))
/** With TRANSCRIPT=1 the story is written to docs/slack-transcript.html. */
const transcribe = process.env['TRANSCRIPT'] === '1'

describe('the story of a channel on Slack, on the embedded models', { timeout: 120_000 }, () => {
  const place = makePlace('slack')
  const scenes = createScenes()
  let slack: SlackStandIn
  let server: Server
  let pictures: SlackChannel
  let ann: SlackPerson
  let bo: SlackPerson
  let root: SlackMessage

  const start = async () => {
    server = await startServer(place, {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
    })
    await slack.until(() => slack.socket.connections() > 0, 60_000)
  }
  beforeAll(async () => {
    slack = await createSlackStandIn()
    pictures = slack.channel('pictures')
    ann = slack.person('Ann')
    bo = slack.person('Bo')
    slack.join(pictures, ann, bo)
    await start()
  }, 120_000)
  afterAll(async () => {
    server.signalAll('SIGKILL')
    await server.exit
    await slack.close()
    place.remove()
  })

  /** The bot's replies in a thread once all have ended: `count` of them, and what is asked of them holds. */
  const replies = (to: SlackMessage, count: number, holds: (last: SlackMessage) => boolean = () => true) =>
    slack.until(() => {
      const all = slack.replies(to)
      return all.length === count && isEnded(all) && holds(all.at(-1)!) && all
    }, 60_000)
  /** Words of an answer without a picture. */
  const lastWords = (message: SlackMessage) => (message.streaming || hasPicture(message) ? '' : wordsOf(message))
  const hasPicture = (message: SlackMessage) => picturesOf(message).length > 0

  it('a mention becomes a thread: a sentence that grows, a prompt, previews, one picture', async () => {
    scenes.note('Today')
    root = ann.mention(pictures, 'draw a red fox in the snow')
    const streaming = await slack.until(() => slack.replies(root).find((message) => message.streaming), 60_000)
    scenes.show(root)
    const [reply] = await replies(root, 1, hasPicture)
    expect(reply).toBe(streaming)
    const words = reply!.looks.map(({ text }) => text)
    expect(new Set(words).size).toBeGreaterThan(2) // how many depends on the machine: about one a second
    expect(wordsOf(reply!)).toMatch(/fox[^]*red fox.*snow/)
    expect(picturesOf(reply!)).toHaveLength(1)
    expect(slack.state.files.get(picturesOf(reply!)[0]!)?.bytes?.subarray(1, 4).toString()).toBe('PNG')
    scenes.show(reply!)
  })

  it('"make it blue" works on it, and Undo takes it back', async () => {
    const wish = ann.say(pictures, 'make the fox blue', { thread: root })
    const all = await replies(root, 2, hasPicture)
    expect(new Set(all.flatMap(picturesOf)).size).toBeGreaterThan(1) // the new one, and where it changed
    scenes.show(wish, all[1]!)
    await (buttonsOf(all[1]!).includes('Undo') ? ann.press(all[1]!, 'Undo') : ann.choose(all[1]!, 'Undo'))
    const question = ann.say(pictures, 'What color is the fox?', { thread: root })
    const answer = await slack.until(() => slack.replies(root).find((one) => /\bred\b/.test(lastWords(one))), 60_000)
    scenes.note('Ann chooses Undo: the red fox is the current picture again')
    scenes.show(question, answer)
  })

  it('a button of somebody else is refused, for their eyes alone', async () => {
    const [first] = slack.replies(root)
    await bo.press(first!, 'Variations')
    const told = await slack.until(() => bo.sees(pictures, root).find(({ onlyFor }) => onlyFor === bo.id))
    expect(ann.sees(pictures, root)).not.toContain(told)
    scenes.note('Bo presses Variations: only Bo sees the answer')
    scenes.show(told)
  })

  it('"Edit prompt" opens a form with the prompt in it', async () => {
    const [first] = slack.replies(root)
    const label = [...buttonsOf(first!), ...entriesOf(first!)].find((one) => one === 'Edit prompt')!
    await (buttonsOf(first!).includes(label) ? ann.press(first!, label) : ann.choose(first!, label))
    await slack.until(() => ann.form())
    scenes.showForm(ann.form()!)
    await ann.closeForm()
  })

  it('a picture with a question is looked at; so is one that a shortcut is used on', async () => {
    const question = bo.mention(pictures, 'What color is the cat?', { files: [{ name: 'cat.png', bytes: cat }] })
    const [answer] = await replies(question, 1, (last) => /\bblue\b/.test(wordsOf(last)))
    scenes.note('Bo sends a picture')
    scenes.show(question, answer!)
    await ann.shortcut('llmga_edit', question)
    await slack.until(() => ann.form())
    await ann.submit({ [ann.fields()[0]!]: 'make the cat red' })
    await replies(question, 2, hasPicture)
  })

  it('/llmga imagine begins a thread; what is running is cancelled', async () => {
    await bo.slash(pictures, 'imagine a yellow star at night --raw --steps 150')
    const began = await slack.until(() => slack.state.messages.find(({ text }) => text.includes('yellow star')), 30_000)
    const running = await slack.until(
      () => slack.replies(began).find((one) => buttonsOf(one).includes('Cancel') && /step/.test(wordsOf(one))),
      60_000,
    )
    scenes.note('/llmga imagine a yellow star at night')
    scenes.show(began, running)
    await bo.press(running, 'Cancel')
    const [cancelled] = await replies(began, 1, (last) => /Cancelled/.test(wordsOf(last)))
    scenes.show(cancelled!)
  })

  it('the assistant pane greets, offers wishes, and answers', async () => {
    const pane = ann.openAssistant()
    const [greeting] = await slack.until(() => slack.replies(pane).length > 0 && slack.replies(pane))
    expect(greeting!.text).not.toBe('')
    const wish = ann.say(ann.direct, 'What can you draw?', { thread: pane })
    const all = await replies(pane, 2)
    scenes.note('Ann opens the assistant pane')
    scenes.show(greeting!, wish, all[1]!)
  })

  it('signed events over HTTP begin the same story; forged ones are refused', async () => {
    slack.eventsUrl = `${server.url}/slack/events`
    const asked = bo.mention(pictures, '/imagine a red car --raw --steps 3')
    await replies(asked, 1, hasPicture)
    const last = slack.deliveries.findLast(({ type }) => type === 'events_api')!
    expect((await slack.http.post(last, { secret: 'forged' })).status).toBe(401)
    expect((await slack.http.post(last, { aheadSeconds: -400 })).status).toBe(401)
    slack.eventsUrl = undefined
  })

  it('kill -9 while it draws, and while it posts: each picture arrives, once', async () => {
    const drawn = ann.mention(pictures, '/imagine a blue car on the beach --raw --steps 30')
    await slack.until(() => slack.replies(drawn).some((one) => /step/.test(wordsOf(one))), 60_000)
    server.signalAll('SIGKILL')
    await server.exit
    await slack.until(() => slack.socket.connections() === 0)
    await start()
    await replies(drawn, 1, hasPicture)

    slack.faults.add({ on: 'chat.postMessage', fault: { type: 'silent', carriedOut: true } })
    const posted = bo.mention(pictures, '/imagine a green cat --raw --steps 3')
    await slack.until(() => slack.replies(posted).length > 0, 60_000)
    server.signalAll('SIGKILL')
    await server.exit
    await slack.until(() => slack.socket.connections() === 0)
    await start()
    await replies(posted, 1, hasPicture)
    expect(slack.replies(drawn)).toHaveLength(1)
    expect(server.stderr()).not.toMatch(/unhandled/i)
  })

  it('nobody was pinged, and Slack had nothing against what the bot sent', () => {
    expect(slack.state.messages.flatMap(({ pings }) => pings)).toEqual([])
    const refused = slack.calls.flatMap(({ method, answer }) =>
      answer?.['ok'] === false ? [`${method} ${JSON.stringify(answer['error'])}`] : [],
    )
    expect(refused.filter((line) => !/message_not_found|streaming_state/.test(line))).toEqual([])
    if (!transcribe) return
    mkdirSync('docs', { recursive: true })
    writeFileSync('docs/slack-transcript.html', slackTranscript(slack.state, scenes.scenes, pictures.name))
  })
})
