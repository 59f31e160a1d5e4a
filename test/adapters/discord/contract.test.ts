import { contentsOf } from '../../../adapters/discord/format.ts'
import { controlRoom } from '../../../adapters/discord/components.ts'
import { screenOf } from '../../../adapters/chat/screen.ts'
import type { Adapter } from '../../../src/contract/adapter.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { sentencesIn } from '../../../src/language/sentences.ts'
import { adapterContract, type AdapterHarness } from '../../contracts/adapter.ts'
import type { RecordingBot } from '../../contracts/recording-bot.ts'
import { connectedAdapter, labelsOf, soon } from './discord-harness.ts'

const isProgress = (line: string) => /Thinking…|in line|Drawing, step|Getting ready/.test(line)

/** Ann in her direct messages with the bot: one conversation, without mentions. */
async function harness(bot: RecordingBot): Promise<AdapterHarness> {
  const { discord, ann, adapter, stop } = await connectedAdapter(bot)
  const dm = ann.dm()
  const replies = () => discord.repliesIn(dm)
  const shown = () => replies().map(({ wire }) => wire.content)
  let last: OutgoingMessage | undefined
  /** Live states return at once; what they say has to arrive. */
  const arrived = () =>
    soon(() => {
      if (!last) return true
      const screen = screenOf(last, { sentences: sentencesIn('en'), ...controlRoom })
      return contentsOf(screen.words).every((content) => content === '' || shown().includes(content))
    })
  const handled = async (action: () => unknown) => {
    const before = [bot.handled.length, replies().length] as const
    action()
    await soon(() => bot.handled.length > before[0] || replies().length > before[1])
  }
  const newestWith = (label: string) => replies().findLast((message) => labelsOf(message).includes(label))!
  const press = async (label: string, value?: string) => {
    await arrived()
    if (value === undefined) return handled(() => ann.press(newestWith(label), label))
    const form = ann.press(newestWith(label), label)
    await soon(() => form.modal !== undefined)
    const [field = ''] = form.modal!.components.map(({ component }) => component?.custom_id ?? '')
    await handled(() => ann.submit(form, { [field]: value }))
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
    write: (text, files = []) => handled(() => ann.say(dm, text, { files })),
    press,
    cancel: () => press('Cancel'),
    async seen() {
      await arrived()
      const attachments = replies().flatMap(({ wire }) => wire.attachments)
      const bytes = (isPicture: boolean) =>
        attachments
          .filter(({ content_type }) => content_type?.startsWith('image/') === isPicture)
          .map((attachment) => discord.bytesOf(attachment))
      return {
        messages: shown(),
        images: bytes(true),
        files: bytes(false),
        progress: shown().join('\n').split('\n').find(isProgress),
        controls: replies().flatMap(labelsOf),
      }
    },
    stop,
  }
}

adapterContract('discord', harness)
