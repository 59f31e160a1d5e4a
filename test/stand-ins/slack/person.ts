import { actionDelivery, eventDelivery, globalShortcutDelivery, shortcutDelivery, slashDelivery } from './events.ts'
import { addFile } from './files.ts'
import { assistantKey } from './methods-assistant.ts'
import { asList, asText, type JsonObject } from './json.ts'
import { broadcast, interactiveElements, messageToSlack, tellOfChange } from './messages.ts'
import type { MethodContext } from './methods.ts'
import { createFormUse, type FormUse } from './person-forms.ts'
import type { Delivery } from './socket-mode.ts'
import { addMessage, directChannel, look, type SlackChannel, type SlackMessage, type SlackUser } from './state.ts'

export interface Upload {
  readonly name: string
  readonly bytes: Uint8Array
  readonly mimetype?: string
}

export interface Saying {
  readonly files?: readonly Upload[]
  /** The thread that is answered: any of its messages. */
  readonly thread?: SlackMessage | undefined
}

/** Somebody in front of Slack. What they do is handed to the bot; what they get back stands in the messages. */
export interface SlackPerson extends FormUse {
  readonly id: string
  readonly name: string
  readonly user: SlackUser
  /** Their conversation with the bot. */
  readonly direct: SlackChannel
  say(channel: SlackChannel, text: string, saying?: Saying): SlackMessage
  /** Says it with the bot's name before it. */
  mention(channel: SlackChannel, text: string, saying?: Saying): SlackMessage
  /** `/llmga text`. Resolves when the bot has acknowledged. */
  slash(channel: SlackChannel, text: string): Promise<Delivery>
  /** Presses the button with this label. Resolves when the bot has acknowledged. */
  press(message: SlackMessage, label: string): Promise<Delivery>
  /** Chooses an entry of any of the message's menus. */
  choose(message: SlackMessage, entry: string): Promise<Delivery>
  shortcut(callbackId: string, message: SlackMessage): Promise<Delivery>
  /** A shortcut that belongs to no message. */
  globalShortcut(callbackId: string): Promise<Delivery>
  /** Opens the assistant pane: returns the message that its thread begins with. */
  openAssistant(): SlackMessage
  edit(message: SlackMessage, text: string): void
  remove(message: SlackMessage): void
  /** What they see of a channel, or of the thread of a message. */
  sees(channel: SlackChannel, thread?: SlackMessage): readonly SlackMessage[]
}

/** Text as Slack writes down what a person typed. */
const typed = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export function createPerson(
  context: MethodContext,
  deliver: (delivery: Delivery) => Delivery,
  user: SlackUser,
): SlackPerson {
  const { state } = context
  const direct = directChannel(state, user)

  async function acknowledged(delivery: Delivery): Promise<Delivery> {
    const { acked } = deliver(delivery)
    await acked
    return delivery
  }

  function post(channel: SlackChannel, text: string, { files = [], thread }: Saying): SlackMessage {
    if (!channel.members.has(user.id)) throw new Error(`${user.name} is not in #${channel.name}`)
    const added = files.map(({ bytes, ...file }) =>
      addFile(state, { ...file, bytes: Buffer.from(bytes), teamId: user.teamId, user: user.id }),
    )
    for (const file of added) file.channels.add(channel.id)
    const threadTs = thread === undefined ? undefined : (thread.threadTs ?? thread.ts)
    const message = addMessage(state, { channel: channel.id, user: user.id, text, threadTs, files: added })
    state.changed()
    return message
  }

  function tellOfMention(channel: SlackChannel, message: SlackMessage): void {
    const where = { type: 'app_mention', channel: channel.id, event_ts: message.ts }
    context.tell(channel.teamId, { ...messageToSlack(message, context, false), ...where })
  }

  const act = (message: SlackMessage, action: JsonObject): Promise<Delivery> =>
    acknowledged(actionDelivery(context, user, message, action))

  return {
    ...createFormUse(context, acknowledged, user),
    id: user.id,
    name: user.name,
    user,
    direct,
    say(channel, text, saying = {}) {
      const message = post(channel, typed(text), saying)
      broadcast(context, message)
      return message
    },
    mention(channel, text, saying = {}) {
      const message = post(channel, `<@${state.botUserId}> ${typed(text)}`, saying)
      if (channel.kind !== 'im') tellOfMention(channel, message)
      broadcast(context, message)
      return message
    },
    async slash(channel, text) {
      const delivery = await acknowledged(slashDelivery(context, user, channel, text))
      const answer = delivery.response ?? {}
      if (asText(answer['text']) !== '' || asList(answer['blocks']).length > 0)
        addMessage(state, {
          channel: channel.id,
          user: state.botUserId,
          text: asText(answer['text']),
          blocks: asList(answer['blocks']),
          ...(answer['response_type'] === 'in_channel' ? {} : { onlyFor: user.id }),
        })
      state.changed()
      return delivery
    },
    press: (message, label) => act(message, pressOf(message, label)),
    choose: (message, entry) => act(message, choiceOf(message, entry)),
    shortcut: (callbackId, message) => acknowledged(shortcutDelivery(context, user, message, callbackId)),
    globalShortcut: (callbackId) => acknowledged(globalShortcutDelivery(context, user, callbackId)),
    openAssistant() {
      const root = addMessage(state, { channel: direct.id, user: state.botUserId, text: 'New conversation' })
      const thread = { channel: direct.id, threadTs: root.ts, status: '', title: '', prompts: [] }
      state.assistantThreads.set(assistantKey(direct.id, root.ts), thread)
      const told = { user_id: user.id, context: {}, channel_id: direct.id, thread_ts: root.ts }
      deliver(
        eventDelivery(state, user.teamId, {
          type: 'assistant_thread_started',
          assistant_thread: told,
          event_ts: root.ts,
        }),
      )
      return root
    },
    edit(message, text) {
      const before = messageToSlack(message, context, false)
      message.text = typed(text)
      look(message)
      tellOfChange(context, message, before)
      state.changed()
    },
    remove(message) {
      message.deleted = true
      tellOfChange(context, message, messageToSlack(message, context, false))
      state.changed()
    },
    sees: (channel, thread) =>
      state.messages.filter((message) => {
        const shown = !message.deleted && (message.onlyFor === undefined || message.onlyFor === user.id)
        const root = thread && (thread.threadTs ?? thread.ts)
        const inThread = root === undefined || message.ts === root || message.threadTs === root
        return shown && message.channel === channel.id && channel.members.has(user.id) && inThread
      }),
  }
}

const labelOf = (element: JsonObject): string => asText((element['text'] as JsonObject | undefined)?.['text'])

/** Labels of a message's buttons, in order. */
export const buttonsOf = (message: SlackMessage): readonly string[] =>
  interactiveElements(message.blocks)
    .filter(({ element }) => element['type'] === 'button')
    .map(({ element }) => labelOf(element))

const menusOf = (message: SlackMessage) =>
  interactiveElements(message.blocks).flatMap(({ blockId, element }) => {
    const groups = asList(element['option_groups']).flatMap((group) => asList(group['options']))
    return [...asList(element['options']), ...groups].map((option) => ({ blockId, element, option }))
  })

/** Entries of a message's menus, in order. */
export const entriesOf = (message: SlackMessage): readonly string[] =>
  menusOf(message).map(({ option }) => labelOf(option))

function pressOf(message: SlackMessage, label: string): JsonObject {
  const found = interactiveElements(message.blocks).find(
    ({ element }) => element['type'] === 'button' && labelOf(element) === label,
  )
  if (!found) throw new Error(`no button "${label}" among: ${buttonsOf(message).join(', ')}`)
  const { type, action_id, value, text } = found.element
  return { type, action_id, block_id: found.blockId, text, ...(value === undefined ? {} : { value }) }
}

function choiceOf(message: SlackMessage, entry: string): JsonObject {
  const found = menusOf(message).find(({ option }) => labelOf(option) === entry)
  if (!found) throw new Error(`no entry "${entry}" among: ${entriesOf(message).join(', ')}`)
  const { type, action_id } = found.element
  return { type, action_id, block_id: found.blockId, selected_option: found.option }
}
