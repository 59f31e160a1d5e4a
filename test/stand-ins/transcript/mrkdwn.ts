import { escapeHtml, type Html } from './page.ts'

const emoji: Readonly<Record<string, string>> = {
  ':warning:': '⚠️',
  ':hourglass_flowing_sand:': '⏳',
  ':eyes:': '👀',
  ':frame_with_picture:': '🖼️',
}

/** Slack's mrkdwn or, for streams, Markdown as HTML. `nameOf` gives the name of a mentioned person. */
export function mrkdwn(text: string, { markdown = false, nameOf }: MrkdwnOptions): Html {
  const lines = text.split('\n').map((line) => {
    const quoted = /^(?:>|&gt;) ?(.*)$/.exec(line)
    return { quoted: quoted !== null, html: inline(quoted ? quoted[1]! : line, { markdown, nameOf }) }
  })
  let html = ''
  for (const [i, line] of lines.entries()) {
    const [before, after] = [lines[i - 1]?.quoted ?? false, lines[i + 1]?.quoted ?? false]
    if (line.quoted) html += `${before ? '<br>' : '<blockquote>'}${line.html}${after ? '' : '</blockquote>'}`
    else html += line.html + (i + 1 < lines.length && !after ? '<br>' : '')
  }
  return { html }
}

export interface MrkdwnOptions {
  readonly markdown?: boolean
  readonly nameOf: (userId: string) => string
}

/** Entities of Slack's are kept as they are (they are HTML's), everything else is escaped. */
function inline(text: string, { markdown = false, nameOf }: MrkdwnOptions): string {
  const pieces = text.split(/(<[^<>]*>)/)
  const written = pieces.map((piece) => (/^<.*>$/.test(piece) ? entity(piece.slice(1, -1), nameOf) : plain(piece)))
  const marks = written.join('').replaceAll(/`([^`]+)`/g, '<code>$1</code>')
  const bold = markdown ? /\*\*([^*\n]+)\*\*/g : /(?<![\w*])\*([^*\n]+)\*(?![\w*])/g
  return marks
    .replaceAll(bold, '<b>$1</b>')
    .replaceAll(/(?<![\w_/])_([^_\n]+)_(?![\w_])/g, '<i>$1</i>')
    .replaceAll(/(?<![\w~])~([^~\n]+)~(?![\w~])/g, '<s>$1</s>')
    .replaceAll(/:[a-z_]+:/g, (name) => emoji[name] ?? name)
}

const plain = (text: string): string => escapeHtml(text).replaceAll(/&amp;(amp|lt|gt);/g, '&$1;')

function entity(inner: string, nameOf: (userId: string) => string): string {
  const [target = '', label] = inner.split('|', 2)
  if (target.startsWith('@')) return `<span class="mention">@${escapeHtml(label ?? nameOf(target.slice(1)))}</span>`
  if (target.startsWith('#') || target.startsWith('!'))
    return `<span class="mention">${escapeHtml(label ?? target)}</span>`
  return `<a href="${escapeHtml(target)}">${escapeHtml(label ?? target)}</a>`
}
