import { asObject } from '../stand-ins/slack/json.ts'
import { buttonsOf, entriesOf, type SlackPerson } from '../stand-ins/slack/person.ts'
import { createSlackStandIn, type SlackStandIn } from '../stand-ins/slack/stand-in.ts'
import type { SlackChannel, SlackMessage } from '../stand-ins/slack/state.ts'
import { pick, type SoakConversation, type SoakPlatform } from './platform.ts'

const names = ['Ann', 'Bo', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hal']

export async function createSlackLoad(people: number): Promise<SoakPlatform> {
  const slack = await createSlackStandIn({ filePolls: 1 })
  const channels = [slack.channel('pictures'), slack.channel('random')]
  const crowd = Array.from({ length: people }, (_, i) => slack.person(`${names[i % names.length]} ${i}`))
  channels.forEach((channel) => slack.join(channel, ...crowd))
  return {
    name: 'slack',
    variables: { SLACK_API_URL: slack.apiUrl, SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken },
    people,
    connected: () => slack.socket.connections() > 0,
    open: (index, text) => conversation(slack, crowd[index]!, channels[index % channels.length]!, text),
    disturb: (random) => pick(disturbances, random)(slack),
    complaints: () => [...doubled(slack), ...refusals(slack)],
    close: () => slack.close(),
  }
}

const offered = (message: SlackMessage): readonly string[] => [...buttonsOf(message), ...entriesOf(message)]
const isOpen = (message: SlackMessage): boolean =>
  message.streaming || offered(message).includes('Cancel') || JSON.stringify(message.blocks).includes('"progress')

function conversation(slack: SlackStandIn, person: SlackPerson, channel: SlackChannel, text: string): SoakConversation {
  const root = person.mention(channel, text)
  return {
    say: (words) => void person.mention(channel, words, { thread: root }),
    async use(label) {
      const message = slack.replies(root).findLast((reply) => offered(reply).includes(label))
      if (!message) return false
      await (buttonsOf(message).includes(label) ? person.press(message, label) : person.choose(message, label))
      return true
    },
    replies() {
      const replies = slack.replies(root)
      const open = replies.filter(isOpen).length
      return { ended: replies.length - open, open }
    },
    told: () => slack.state.messages.filter((one) => one.onlyFor === person.id && one.threadTs === root.ts).map(textOf),
  }
}

const textOf = ({ text }: SlackMessage): string => text

const disturbances: readonly ((slack: SlackStandIn) => string)[] = [
  ({ socket }) => (socket.drop(), 'Socket Mode dropped'),
  ({ socket }) => (socket.refresh(), 'Socket Mode refreshed'),
  ({ socket }) => {
    socket.copies = 2
    setTimeout(() => (socket.copies = 1), 3000).unref()
    return 'envelopes doubled for 3 s'
  },
  ({ faults }) => {
    faults.add({ on: 'chat.update', fault: { type: 'ratelimited', retryAfterSeconds: 1 }, times: 3 })
    faults.add({ on: 'chat.postMessage', fault: { type: 'ratelimited', retryAfterSeconds: 2 }, times: 2 })
    return '429 on posts and edits'
  },
  ({ faults }) => {
    faults.add({ on: 'chat.postMessage', fault: { type: 'status', status: 500 } })
    faults.add({ on: 'files.getUploadURLExternal', fault: { type: 'status', status: 503 } })
    return '500 and 503'
  },
  ({ faults }) => {
    faults.add({ on: 'chat.postMessage', fault: { type: 'closed', carriedOut: true } })
    faults.add({ on: 'chat.update', fault: { type: 'closed', carriedOut: false } })
    faults.add({ on: 'upload', fault: { type: 'closed', carriedOut: false } })
    return 'connections closed half-way'
  },
]

/** Messages that show the same part of the same reply. */
function doubled({ state }: SlackStandIn): readonly string[] {
  const seen = new Map<string, number>()
  for (const { deleted, metadata } of state.messages) {
    const { reply_id: reply, part } = asObject(asObject(metadata)['event_payload'])
    if (deleted || reply === undefined) continue
    const key = `${JSON.stringify(reply)}/${JSON.stringify(part)}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  return [...seen].filter(([, count]) => count > 1).map(([key, count]) => `slack: ${count} messages show ${key}`)
}

/** Answers that say that the bot did something wrong. */
function refusals({ calls }: SlackStandIn): readonly string[] {
  const wrong = calls.flatMap(({ method, answer }) =>
    answer?.['ok'] === false ? [`${method}: ${JSON.stringify(answer['error'])}`] : [],
  )
  const harmless = /thread_not_found|message_not_found|file_not_found|streaming_state|not_in_streaming/
  return [...new Set(wrong)].filter((line) => !harmless.test(line)).map((line) => `slack refused ${line}`)
}
