import type { Adapter } from '../../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { screenOf } from '../../../adapters/chat/screen.ts'
import { plainWords } from '../../../adapters/slack/blocks.ts'
import { sentencesIn } from '../../../src/language/sentences.ts'
import { adapterContract, type AdapterHarness } from '../../contracts/adapter.ts'
import type { RecordingBot } from '../../contracts/recording-bot.ts'
import { buttonsOf } from '../../stand-ins/slack/person.ts'
import type { SlackMessage } from '../../stand-ins/slack/state.ts'
import { connect, pictureIdsIn, progressIn, readIn } from './slack-harness.ts'

/** Ann with the bot: in their direct conversation, or in a thread of a channel that begins with a mention. */
const harness =
  (overHttp: boolean) =>
  async (bot: RecordingBot): Promise<AdapterHarness> => {
    const { slack, adapter, stop } = await connect(bot, { overHttp })
    const ann = slack.person('Ann')
    const channel = slack.channel('pictures')
    slack.join(channel, ann)
    const place = overHttp ? channel : ann.direct
    let root: SlackMessage | undefined
    let last: OutgoingMessage | undefined
    const shown = () => ann.sees(place, root).filter(({ user }) => user === slack.state.botUserId)

    /** Live states return at once; what they say has to arrive. */
    const arrived = () =>
      slack.until(() => {
        if (!last) return true
        const { words, buttons } = screenOf(last, { sentences: sentencesIn('en'), buttons: 5, menus: 5 })
        const seen = shown()
        const read = seen.flatMap((message) => [...readIn(message), progressIn(message) ?? '']).join('\n')
        const labels = seen.flatMap(buttonsOf)
        const isRead = (text: string) => text.split(/\s+/, 20).every((word) => read.includes(word))
        return words.map(plainWords).every(isRead) && buttons.every(({ label }) => labels.includes(label))
      })
    const handled = async (action: () => unknown) => {
      const before = [bot.handled.length, shown().length] as const
      await action()
      await slack.until(() => bot.handled.length > before[0] || shown().length > before[1])
    }
    function write(text: string, files: readonly { readonly name: string; readonly bytes: Uint8Array }[] = []) {
      if (!overHttp || root) return ann.say(place, text, { files, thread: overHttp ? root : undefined })
      root = ann.mention(channel, text, { files })
      return root
    }
    async function press(label: string, value?: string): Promise<void> {
      await arrived()
      const message = shown().findLast((one) => buttonsOf(one).includes(label))!
      if (value === undefined) return handled(() => ann.press(message, label))
      await ann.press(message, label)
      await slack.until(() => ann.form())
      const [field = ''] = ann.fields()
      await handled(() => ann.submit({ [field]: value }))
    }
    const wrapped: Adapter = {
      ...adapter,
      async render(message) {
        last = message
        await adapter.render(message)
      },
    }
    return {
      adapter: wrapped,
      write: (text, files) => handled(() => write(text, files)),
      press,
      cancel: () => press('Cancel'),
      async seen() {
        await arrived()
        const bytesOf = (id: string) => slack.state.files.get(id)!.bytes!
        return {
          messages: shown().flatMap(readIn),
          images: shown().flatMap(pictureIdsIn).map(bytesOf),
          files: shown().flatMap(({ files }) => files.map(({ id }) => bytesOf(id))),
          progress: shown()
            .map(progressIn)
            .find((text) => text !== undefined),
          controls: shown().flatMap(buttonsOf),
        }
      },
      stop,
    }
  }

adapterContract('slack (Socket Mode, direct messages)', harness(false))
adapterContract('slack (HTTP, a thread of a channel)', harness(true))
