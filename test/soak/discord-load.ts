import { createDiscord, type Discord } from '../stand-ins/discord/discord.ts'
import { allComponents } from '../stand-ins/discord/message-rules.ts'
import type { Person } from '../stand-ins/discord/person.ts'
import { componentTypes, type WireChannel, type WireComponent } from '../stand-ins/discord/wire.ts'
import type { StoredMessage } from '../stand-ins/discord/world.ts'
import { pick, type SoakConversation, type SoakPlatform } from './platform.ts'

export async function createDiscordLoad(people: number): Promise<SoakPlatform> {
  const discord = await createDiscord()
  const guilds = [discord.addGuild('Painters'), discord.addGuild('Writers')]
  const channels = guilds.map((guild) => discord.addChannel(guild, 'pictures'))
  const crowd = Array.from({ length: people }, (_, i) => discord.addPerson(`Person ${i}`, ...guilds))
  return {
    name: 'discord',
    variables: { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_CDN_URL: discord.cdnUrl },
    people,
    connected: () => discord.gateway.connected(),
    open: (index, text) => conversation(discord, crowd[index]!, channels[index % channels.length]!, text),
    disturb: (random) => pick(disturbances, random)(discord),
    complaints: () => discord.takeViolations().map((line) => `discord: ${line}`),
    close: () => discord.stop(),
  }
}

const named = (message: StoredMessage, name: string) => {
  const components = allComponents(message.wire.components)
  const button = components.find(({ type, label }) => type === componentTypes.button && label === name)
  const menu = components.find((component) => entriesOf(component).includes(name))
  return { button, menu }
}
const entriesOf = ({ options }: WireComponent): readonly string[] => (options ?? []).map(({ label }) => label)
const isOpen = (message: StoredMessage): boolean => named(message, 'Cancel').button !== undefined

function conversation(discord: Discord, person: Person, channel: WireChannel, text: string): SoakConversation {
  const root = person.say(channel, `<@${discord.world.bot.id}> ${text}`)
  const replies = (): readonly StoredMessage[] => {
    const thread = discord.threadOf(root)
    return thread ? discord.repliesIn(thread).filter(({ wire }) => wire.type === 0 || wire.type === 19) : []
  }
  return {
    say(words) {
      const thread = discord.threadOf(root)
      if (!thread) throw new Error('there is no thread to speak in')
      person.say(thread, `<@${discord.world.bot.id}> ${words}`)
    },
    async use(name) {
      const message = replies().findLast((reply) => named(reply, name).button ?? named(reply, name).menu)
      if (!message) return false
      const { button, menu } = named(message, name)
      if (button) person.press(message, name)
      else person.select(message, menu!.placeholder ?? menu!.custom_id!, name)
      return true
    },
    replies() {
      const all = replies()
      const open = all.filter(isOpen).length
      return { ended: all.length - open, open }
    },
    told: () => [], // such answers belong to an interaction, not to a message
  }
}

const disturbances: readonly ((discord: Discord) => string)[] = [
  ({ gateway }) => (gateway.drop(), 'gateway dropped'),
  ({ gateway }) => (gateway.askToReconnect(), 'gateway asks to reconnect'),
  ({ gateway }) => {
    gateway.repeatEvents(2)
    setTimeout(() => gateway.repeatEvents(1), 3000).unref()
    return 'events doubled for 3 s'
  },
  ({ faults }) => {
    faults.add('PATCH /channels/*/messages/*', { type: 'rate-limit', retryAfterMs: 1000 }, 3)
    faults.add('POST /channels/*/messages', { type: 'rate-limit', retryAfterMs: 2000 }, 2)
    return '429 on posts and edits'
  },
  ({ faults }) => {
    faults.add('POST /channels/*/messages', { type: 'status', status: 500 })
    faults.add('PATCH /channels/*/messages/*', { type: 'status', status: 503 })
    return '500 and 503'
  },
  ({ faults }) => {
    faults.add('POST /channels/*/messages', { type: 'cut', when: 'after' })
    faults.add('PATCH /channels/*/messages/*', { type: 'cut', when: 'before' })
    return 'connections cut'
  },
]
