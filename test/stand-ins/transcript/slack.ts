import { readFileSync } from 'node:fs'
import { asList, asObject, asText, type JsonObject, type SlackView } from '../slack/json.ts'
import type { SlackMessage, SlackState } from '../slack/state.ts'
import { mrkdwn } from './mrkdwn.ts'
import { dataUrl, html, page, type Html } from './page.ts'

/** What was seen at one moment, in the order of the story. */
export type Scene =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'message'; readonly message: SlackMessage; readonly isReply: boolean }
  | { readonly type: 'form'; readonly view: SlackView }

export interface SlackScenes {
  readonly scenes: readonly Scene[]
  /** A line between the scenes. */
  note(text: string): void
  /** Messages as they look now. */
  show(...messages: readonly SlackMessage[]): void
  showForm(view: SlackView): void
}

export function createScenes(): SlackScenes {
  const scenes: Scene[] = []
  return {
    scenes,
    note: (text) => void scenes.push({ type: 'note', text }),
    show(...messages) {
      for (const message of messages)
        scenes.push({ type: 'message', message: { ...message }, isReply: message.threadTs !== undefined })
    },
    showForm: (view) => void scenes.push({ type: 'form', view }),
  }
}

/** The scenes as a page that looks like Slack. */
export function slackTranscript(state: SlackState, scenes: readonly Scene[], channel: string): string {
  const nameOf = (userId: string): string => state.users.get(userId)?.name ?? userId
  const context = { state, nameOf }
  const css = readFileSync(new URL('slack.css', import.meta.url), 'utf8')
  const body = html`<div class="window">
    <header><b># ${channel}</b></header>
    <main>${scenes.map((scene) => sceneHtml(scene, context))}</main>
  </div>`
  return page({ title: 'LLMGA in Slack', css, body })
}

interface Context {
  readonly state: SlackState
  readonly nameOf: (userId: string) => string
}

function sceneHtml(scene: Scene, context: Context): Html {
  if (scene.type === 'note') return html`<div class="note"><span>${scene.text}</span></div>`
  if (scene.type === 'form') return formHtml(scene.view, context)
  return messageHtml(scene.message, scene.isReply, context)
}

function messageHtml(message: SlackMessage, isReply: boolean, context: Context): Html {
  const isBot = message.user === context.state.botUserId
  const name = context.nameOf(message.user)
  const time = new Date(Number(message.ts) * 1000).toISOString().slice(11, 16)
  const only = message.onlyFor === undefined ? undefined : html`<div class="only">Only visible to you</div>`
  const showsText = message.blocks.length === 0 || message.markdown
  const text = showsText && message.text !== '' ? textHtml(message, context) : undefined
  const edited = !isBot && message.looks.length > 1 ? html` <span class="edited">(edited)</span>` : undefined
  return html`<article class="${isReply ? 'reply' : 'root'}">
    <div class="avatar ${isBot ? 'bot' : ''}">${isBot ? '✦' : name[0]}</div>
    <div class="content">
      ${only}
      <div class="head">
        <b>${name}</b>${isBot ? html` <span class="app">APP</span>` : undefined} <time>${time}</time>
      </div>
      ${text}${edited}${message.streaming ? html`<span class="cursor"></span>` : undefined}
      ${message.blocks.map((block) => blockHtml(block, context))}
      ${message.files.map((file) => fileHtml(file.id, file.title, context))}
    </div>
  </article>`
}

const textHtml = ({ text, markdown }: SlackMessage, { nameOf }: Context): Html =>
  html`<div class="text">${mrkdwn(text, { markdown, nameOf })}</div>`

function blockHtml(block: JsonObject, context: Context): Html {
  const elements = asList(block['elements'])
  switch (block['type']) {
    case 'section': {
      const fields = asList(block['fields']).map((field) => html`<div>${textObject(field, context)}</div>`)
      return html`<div class="text">${textObject(block['text'], context)}${fields}</div>`
    }
    case 'context':
      return html`<div class="context">${elements.map((element) => textObject(element, context))}</div>`
    case 'markdown':
      return html`<div class="text">${mrkdwn(asText(block['text']), { markdown: true, nameOf: context.nameOf })}</div>`
    case 'header':
      return html`<h3>${textObject(block['text'], context)}</h3>`
    case 'divider':
      return html`<hr />`
    case 'image':
      return fileHtml(asText(asObject(block['slack_file'])['id']), asText(block['alt_text']), context)
    case 'actions':
      return html`<div class="actions">${elements.map((element) => elementHtml(element, context))}</div>`
    default:
      return html`<div class="text">${asText(block['type'])}</div>`
  }
}

function textObject(value: unknown, { nameOf }: Context): Html {
  const { type, text } = asObject(value)
  return type === 'mrkdwn' ? mrkdwn(asText(text), { nameOf }) : html`${asText(text)}`
}

function elementHtml(element: JsonObject, context: Context): Html {
  if (element['type'] === 'button')
    return html`<button class="${asText(element['style'])}">${textObject(element['text'], context)}</button>`
  const chosen = asObject(element['initial_option'])['text'] ?? element['placeholder']
  const entries = asList(element['options']).map((option) => html`<li>${textObject(option['text'], context)}</li>`)
  return html`<details class="menu">
    <summary>${textObject(chosen, context)} <i>⌄</i></summary>
    <ul>
      ${entries}
    </ul>
  </details>`
}

function fileHtml(id: string, title: string, { state }: Context): Html {
  const file = state.files.get(id)
  if (!file?.bytes) return html`<div class="file">This file was deleted.</div>`
  const size = `${Math.ceil(file.bytes.length / 1024)} kB`
  if (!file.mimetype.startsWith('image/'))
    return html`<div class="file"><b>${file.name}</b><br />${file.mimetype} · ${size}</div>`
  return html`<figure>
    <figcaption>${file.name} ⌄</figcaption>
    <img src="${dataUrl(file.bytes, file.mimetype)}" alt="${title}" />
  </figure>`
}

function formHtml(view: SlackView, context: Context): Html {
  const fields = asList(view['blocks']).map((block) =>
    block['type'] === 'input' ? inputHtml(block, context) : blockHtml(block, context),
  )
  const submit =
    view['submit'] === undefined
      ? undefined
      : html`<button class="primary">${textObject(view['submit'], context)}</button>`
  return html`<section class="form">
    <h2>✦ ${textObject(view['title'], context)} <i>✕</i></h2>
    ${fields}
    <footer>
      <button>${view['close'] === undefined ? 'Cancel' : textObject(view['close'], context)}</button>${submit}
    </footer>
  </section>`
}

function inputHtml(block: JsonObject, context: Context): Html {
  const element = asObject(block['element'])
  const optional = block['optional'] === true ? html` <small>(optional)</small>` : undefined
  const value =
    asText(element['initial_value']) || asText(asObject(asObject(element['initial_option'])['text'])['text'])
  const field = element['type'] === 'file_input' ? 'Add files' : value
  const kind = element['multiline'] === true ? 'field tall' : 'field'
  return html`<label>${textObject(block['label'], context)}${optional}<span class="${kind}">${field}</span></label>`
}
