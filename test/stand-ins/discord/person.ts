import { allComponents } from './message-rules.ts'
import { commandData, commandNamed, toUpload, type FileToSend, type OptionValue } from './command-data.ts'
import { interactionTypes, setOff, type Interaction, type Interactions } from './interactions.ts'
import { changeMessage, putMessage, removeMessage, storeFile } from './messages.ts'
import { dmWith } from './routes/application.ts'
import { openChannel } from './routes/channels.ts'
import { postInForum, threadFrom } from './threads.ts'
import { componentTypes, type WireChannel, type WireComponent, type WireUser } from './wire.ts'
import type { StoredMessage, World } from './world.ts'

export interface SayOptions {
  readonly files?: readonly FileToSend[]
  readonly replyTo?: StoredMessage
  /** Whether a reply pings whom it answers; people's clients do unless told otherwise. */
  readonly ping?: boolean
}

/** Somebody with a Discord client. Whatever the client would not let them do throws here. */
export interface Person {
  readonly user: WireUser
  readonly id: string
  readonly mention: string
  locale: string
  say(channel: WireChannel, text: string, options?: SayOptions): StoredMessage
  edit(message: StoredMessage, text: string): void
  delete(message: StoredMessage): void
  /** Opens a thread from a message. */
  thread(message: StoredMessage, name: string): WireChannel
  /** Posts in a forum. */
  post(forum: WireChannel, title: string, text: string, files?: readonly FileToSend[]): WireChannel
  dm(): WireChannel
  /** `/name` or `/name subcommand` with its options. */
  slash(channel: WireChannel, name: string, options?: Readonly<Record<string, OptionValue>>): Interaction
  /** A command of the menu of a message. */
  contextMenu(name: string, message: StoredMessage): Interaction
  /** A button by its label or custom_id. */
  press(message: StoredMessage, button: string): Interaction
  /** Entries of a menu by their labels or values; `menu` by its placeholder or custom_id. */
  select(message: StoredMessage, menu: string, ...entries: string[]): Interaction
  /** A button, or the entry of a menu, by its label. */
  use(message: StoredMessage, label: string): Interaction
  /** Sends the form that the bot opened; fields by label or custom_id, the others as they stand. */
  submit(
    form: Interaction,
    values?: Readonly<Record<string, string>>,
    files?: Readonly<Record<string, FileToSend>>,
  ): Interaction
}

export function createPerson(world: World, interactions: Interactions, user: WireUser): Person {
  const channelBy = (id: string): WireChannel => {
    const channel = world.channels.get(id)
    if (!channel) throw new Error(`channel ${id} is gone`)
    return channel
  }
  const guildFrom = (channel: WireChannel) => channel.guild_id
  const set = (channel: WireChannel, type: number, data: object, rest: Partial<Interaction> = {}) =>
    setOff(world, interactions, { type, channel, user, data, locale: person.locale, ...rest })

  function find(message: StoredMessage, type: number, name: string): WireComponent {
    if (message.deleted) throw new Error('the message is gone')
    if (message.onlyFor !== undefined && message.onlyFor !== user.id)
      throw new Error('the message is for another person')
    const all = allComponents(message.wire.components).filter((component) => component.type === type)
    const found = all.find(({ label, custom_id, placeholder }) => [label, custom_id, placeholder].includes(name))
    const names = all.map(({ label, placeholder }) => label ?? placeholder).join(', ')
    if (!found) throw new Error(`no ${name} among: ${names}`)
    if (found.disabled) throw new Error(`${name} is disabled`)
    return found
  }

  const person: Person = {
    user,
    id: user.id,
    mention: `<@${user.id}>`,
    locale: 'en-US',
    say(channel, text, { files = [], replyTo, ping = true } = {}) {
      const open = openChannel(world, channel.id)
      const reference = replyTo && { message_reference: { message_id: replyTo.wire.id } }
      const body = { content: text, ...reference, allowed_mentions: { parse: ['users', 'roles'], replied_user: ping } }
      return putMessage(world, { channel: open, author: user, body, files: files.map(toUpload) })
    },
    edit: (message, text) => void changeMessage(world, message, { content: text }),
    delete: (message) => removeMessage(world, message),
    thread: (message, name) => threadFrom(world, message, channelBy(message.wire.channel_id), name, user),
    post: (forum, title, text, files = []) =>
      postInForum(world, forum, title, user, { content: text }, files.map(toUpload)).thread,
    dm: () => dmWith(world, user),
    slash(channel, name, options = {}) {
      const [command = '', subcommand] = name.split(' ')
      const registered = commandNamed(world, command, 1, guildFrom(channel))
      const data = commandData(world, channel, registered, subcommand, options)
      return set(channel, interactionTypes.command, data, { commandType: 1 })
    },
    contextMenu(name, { wire }) {
      const channel = channelBy(wire.channel_id)
      const { id, type } = commandNamed(world, name, 3, guildFrom(channel))
      const data = { id, name, type, target_id: wire.id, resolved: { messages: { [wire.id]: wire } } }
      return set(channel, interactionTypes.command, data, { commandType: 3 })
    },
    press(message, button) {
      const { custom_id } = find(message, componentTypes.button, button)
      const data = { custom_id, component_type: componentTypes.button }
      return set(channelBy(message.wire.channel_id), interactionTypes.component, data, { source: message })
    },
    select(message, menu, ...entries) {
      const { custom_id, options = [] } = find(message, componentTypes.select, menu)
      const values = entries.map((entry) => {
        const option = options.find(({ label, value }) => [label, value].includes(entry))
        if (!option) throw new Error(`no ${entry} among: ${options.map(({ label }) => label).join(', ')}`)
        return option.value
      })
      const data = { custom_id, component_type: componentTypes.select, values }
      return set(channelBy(message.wire.channel_id), interactionTypes.component, data, { source: message })
    },
    use(message, label) {
      const menu = allComponents(message.wire.components).find(({ options = [] }) =>
        options.some((option) => option.label === label),
      )
      return menu ? person.select(message, menu.custom_id ?? '', label) : person.press(message, label)
    },
    submit(form, values = {}, files = {}) {
      if (!form.modal) throw new Error('no form was opened')
      const channel = channelBy(form.channelId)
      const filled = fillForm(form.modal.components, values, (name) => {
        const file = files[name]
        return file && storeFile(world, channel, toUpload(file, 0))
      })
      const resolved = { attachments: Object.fromEntries(filled.attachments.map((file) => [file.id, file])) }
      const data = { custom_id: form.modal.custom_id, components: filled.components, resolved }
      return set(channel, interactionTypes.modal, data, form.source && { source: form.source })
    },
  }
  return person
}

/** A form as Discord sends it back: labels with their fields, rows with their text inputs. */
function fillForm(
  components: readonly WireComponent[],
  values: Readonly<Record<string, string>>,
  fileFor: (name: string) => ReturnType<typeof storeFile> | undefined,
) {
  const attachments: ReturnType<typeof storeFile>[] = []
  const used = new Set<string>()

  function fill(field: WireComponent, label: string | undefined): object {
    const { type, custom_id = '', required = true } = field
    const name = [custom_id, label ?? ''].find((known) => known in values || fileFor(known) !== undefined) ?? ''
    used.add(name)
    const file = fileFor(name)
    if (type === componentTypes.fileUpload) {
      if (!file && required) throw new Error(`${label ?? custom_id} needs a file`)
      if (file) attachments.push(file)
      return { type, custom_id, values: file ? [file.id] : [] }
    }
    if (type === componentTypes.select) {
      const chosen = field.options?.find((option) => [option.label, option.value].includes(values[name] ?? ''))
      const standing = field.options?.filter((option) => option.default) ?? []
      return { type, custom_id, values: (chosen ? [chosen] : standing).map(({ value }) => value) }
    }
    const value = values[name] ?? field.value ?? ''
    if ((value === '' && required) || value.length > (field.max_length ?? 4000))
      throw new Error(`${label ?? custom_id} cannot be sent with ${value.length} characters`)
    return { type, custom_id, value }
  }

  const filled = components.map((component) => {
    if (component.component) return { type: component.type, component: fill(component.component, component.label) }
    return { type: component.type, components: (component.components ?? []).map((field) => fill(field, field.label)) }
  })
  const unknown = Object.keys(values).find((name) => !used.has(name))
  if (unknown !== undefined) throw new Error(`the form has no field ${unknown}`)
  return { components: filled, attachments }
}
