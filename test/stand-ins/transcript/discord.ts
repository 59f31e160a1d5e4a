import { readFileSync } from 'node:fs'
import type { Discord } from '../discord/discord.ts'
import type { Interaction } from '../discord/interactions.ts'
import type { Person } from '../discord/person.ts'
import { componentTypes, messageFlags, messageTypes } from '../discord/wire.ts'
import type { WireAttachment, WireChannel, WireComponent, WireEmbed, WireMessage } from '../discord/wire.ts'
import type { StoredMessage } from '../discord/world.ts'
import { discordMarkdown } from './discord-markdown.ts'
import { dataUrl, html, page, type Html } from './page.ts'

/** What people saw in Discord, scene by scene, as one page that looks like it. */
export interface DiscordTranscript {
  /** Messages as they are now; `viewer` sees those for their eyes only too. */
  scene(note: string, channel: WireChannel, messages: readonly StoredMessage[], viewer?: Person): void
  /** A form that the bot opened. */
  form(note: string, opened: Interaction): void
  page(title: string): string
}

export function createDiscordTranscript(discord: Discord): DiscordTranscript {
  const scenes: Html[] = []
  const { world } = discord
  const people = () =>
    new Map(
      [...world.guilds.values()].flatMap(({ members }) => [...members.values()]).map(({ user }) => [user.id, user]),
    )
  const nameOf = (id: string) => {
    const user = people().get(id)
    return user ? (user.global_name ?? user.username) : 'unknown'
  }
  const markdown = (text: string) => discordMarkdown(text, nameOf)

  function placeOf(channel: WireChannel): string {
    const parent = world.channels.get(channel.parent_id ?? '')
    if (parent) return `# ${parent.name ?? ''} › ${channel.name ?? ''}`
    return channel.guild_id === undefined ? '@ direct message' : `# ${channel.name ?? ''}`
  }

  function messageHtml({ wire: stored, onlyFor }: StoredMessage): Html {
    const begins = stored.type === messageTypes.threadStarter ? stored.referenced_message : undefined
    const wire = begins ?? stored // Discord shows the message that a thread began with
    const { author, referenced_message: answered, thread, flags } = wire
    const name = author.global_name ?? author.username
    const thinking = (flags & messageFlags.loading) !== 0
    return html`<article class="${onlyFor === undefined ? '' : 'only'}">
      <div class="avatar ${author.bot ? 'bot' : ''}">${name[0]!.toUpperCase()}</div>
      ${answered ? html`<div class="answered">@${nameOf(answered.author.id)} ${answered.content.slice(0, 80)}</div>` : undefined}
      <div class="head">
        <b>${name}</b>${author.bot ? html`<span class="app">APP</span>` : undefined}<time>Today at 12:00</time>
        ${!author.bot && wire.edited_timestamp ? html`<span class="edited">(edited)</span>` : undefined}
      </div>
      ${thinking ? html`<div class="thinking">${name} is thinking…</div>` : undefined}
      ${wire.content === '' ? undefined : html`<div class="text">${markdown(wire.content)}</div>`}
      ${wire.embeds.map(embedHtml)} ${attachmentsHtml(wire)} ${wire.components.map(componentHtml)}
      ${thread ? html`<div class="thread"><b>${thread.name ?? ''}</b> ${String(sizeOf(thread))} messages ›</div>` : undefined}
      ${onlyFor === undefined ? undefined : html`<div class="dismiss">👁 Only you can see this</div>`}
    </article>`
  }

  const sizeOf = ({ id }: WireChannel) => (world.messages.get(id) ?? []).filter(({ deleted }) => !deleted).length

  function attachmentsHtml({ attachments }: WireMessage): Html | undefined {
    const isPicture = ({ content_type = '' }: WireAttachment) => content_type.startsWith('image/')
    const pictures = attachments.filter(isPicture)
    const files = attachments.filter((attachment) => !isPicture(attachment))
    return html`${pictures.length === 0 ? undefined : picturesHtml(pictures)}${files.map(
      ({ filename, size }) => html`<div class="file"><b>📄 ${filename}</b>${(size / 1024).toFixed(1)} KB</div>`,
    )}`
  }

  function picturesHtml(pictures: readonly WireAttachment[]): Html {
    const figures = pictures.map((picture) => {
      const address = dataUrl(discord.bytesOf(picture), picture.content_type ?? 'image/png')
      return html`<figure>
        <img src="${address}" alt="${picture.description ?? ''}" title="${picture.description ?? ''}" />
      </figure>`
    })
    return html`<div class="pictures ${pictures.length === 1 ? 'one' : ''}">${figures}</div>`
  }

  const embedHtml = ({ title, description, footer }: WireEmbed): Html =>
    html`<div class="embed">
      <b>${title ?? ''}</b>${markdown(description ?? '')}<small>${footer?.text ?? ''}</small>
    </div>`

  return {
    scene(note, channel, messages, viewer) {
      const seen = messages.filter(({ deleted, onlyFor }) => !deleted && (!onlyFor || onlyFor === viewer?.id))
      const shown = seen.map(messageHtml)
      scenes.push(
        html`<div class="note">${note}</div>
          <div class="place">${placeOf(channel)}</div>
          ${shown}`,
      )
    },
    form(note, { modal }) {
      const fields = (modal?.components ?? []).map(
        (field) =>
          html`<label>${field.label ?? ''}${fieldHtml(field.component ?? field.components?.[0] ?? field)}</label>`,
      )
      scenes.push(
        html`<div class="note">${note}</div>
          <div class="form">
            <b>${modal?.title ?? ''}</b>${fields}
            <div class="row"><button class="style2">Cancel</button><button class="style1">Submit</button></div>
          </div>`,
      )
    },
    page(title) {
      const css = readFileSync(new URL('discord.css', import.meta.url), 'utf8')
      return page({
        title,
        css,
        body: html`<div class="window">
          <header><i>#</i>${title}</header>
          <main>${scenes}</main>
        </div>`,
      })
    },
  }
}

function componentHtml({
  type,
  components = [],
  label,
  style,
  disabled,
  placeholder,
  options = [],
}: WireComponent): Html {
  if (type === componentTypes.row) return html`<div class="row">${components.map(componentHtml)}</div>`
  if (type === componentTypes.button) {
    const state = disabled ? { html: ' disabled' } : undefined
    return html`<button class="style${String(style)}" ${state}>${label ?? ''}</button>`
  }
  const entries = options.map((option) => html`<li>${option.label}</li>`)
  return html`<details class="menu">
    <summary>${placeholder ?? ''}<span>⌄</span></summary>
    <ul>
      ${entries}
    </ul>
  </details>`
}

function fieldHtml({ type, value, options = [], placeholder }: WireComponent): Html {
  if (type === componentTypes.fileUpload) return html`<div class="value">Upload a file</div>`
  const standing = options.find((option) => option.default)?.label
  return html`<div class="value">${value ?? standing ?? placeholder ?? ''}</div>`
}
