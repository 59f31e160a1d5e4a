import type { World } from './world.ts'
import type { WireMessage } from './wire.ts'

const intents = { guilds: 1 << 0, guildMessages: 1 << 9, directMessages: 1 << 12 }

/** Whether a session with these intents is told about an event. */
export function wanted(sessionIntents: number, type: string, guildId: string | undefined): boolean {
  const has = (intent: number) => (sessionIntents & intent) !== 0
  if (type.startsWith('MESSAGE_')) return has(guildId === undefined ? intents.directMessages : intents.guildMessages)
  return /^(GUILD|CHANNEL|THREAD)_/.test(type) ? has(intents.guilds) : true
}

const isMessage = (data: object): data is WireMessage => 'content' in data && 'author' in data

/**
 * What the bot may read of an event. Without the content of messages it reads those that name it, its own and those of
 * its DMs; of others it sees that they are there.
 */
export function asReadBy(
  { bot }: World,
  data: object,
  { content, guildId }: { content: boolean; guildId: string | undefined },
): object {
  return content || guildId === undefined || !isMessage(data) ? data : readableBy(bot.id, data)
}

/** A message of a guild as a bot sees it that may not read the content of messages. */
export function readableBy(botId: string, message: WireMessage): WireMessage {
  const readable = ({ author, mentions }: WireMessage) => author.id === botId || mentions.some(({ id }) => id === botId)
  const shown = readable(message) ? message : withoutContent(message)
  const { referenced_message: answered } = shown
  return answered && !readable(answered) ? { ...shown, referenced_message: withoutContent(answered) } : shown
}

const withoutContent = (message: WireMessage): WireMessage => ({
  ...message,
  content: '',
  embeds: [],
  attachments: [],
  components: [],
})
