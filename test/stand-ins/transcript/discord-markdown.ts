import { escapeHtml, type Html } from './page.ts'

/** Discord's Markdown as HTML: quotes, headings, small print, code, bold, italic, underline, strike, spoilers, mentions. */
export function discordMarkdown(text: string, nameOf: (id: string) => string): Html {
  const blocks = text.split(/```(?:\w*\n)?([\s\S]*?)```/)
  return { html: blocks.map((block, i) => (i % 2 ? codeBlock(block) : linesOf(block, nameOf))).join('') }
}

const codeBlock = (code: string): string => `<pre>${escapeHtml(code.trim())}</pre>`

function linesOf(text: string, nameOf: (id: string) => string): string {
  let quoting = false
  const lines = text.split('\n').map((line) => {
    const quoted = /^(>>> |> )(.*)$/.exec(line)
    const starts = quoted !== null && !quoting
    const ends = quoted === null && quoting
    quoting = quoted !== null
    const shown = lineOf(quoted ? quoted[2]! : line, nameOf)
    return `${ends ? '</blockquote>' : ''}${starts ? '<blockquote>' : ''}${shown}`
  })
  return lines.join('\n') + (quoting ? '</blockquote>' : '')
}

function lineOf(line: string, nameOf: (id: string) => string): string {
  const heading = /^(#{1,3}) (.*)$/.exec(line)
  if (heading) return `<strong class="h${heading[1]!.length}">${inline(heading[2]!, nameOf)}</strong>`
  const small = /^-# (.*)$/.exec(line)
  return small ? `<small>${inline(small[1]!, nameOf)}</small>` : inline(line, nameOf)
}

/** Characters that a backslash protects stand in Unicode's private area while the marks are read. */
const shielded = 0xe000

function inline(text: string, nameOf: (id: string) => string): string {
  const plain = text.replaceAll(/\\([^\w\s])/g, (_, character: string) =>
    String.fromCharCode(shielded + character.charCodeAt(0)),
  )
  const marked = escapeHtml(plain)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\[([^\]]+)\]\(&lt;?(https?:[^)\s]+?)(?:&gt;)?\)/g, '<a href="$2">$1</a>')
    .replaceAll(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>')
    .replaceAll(/\*\*\*(.+?)\*\*\*/g, '<b><i>$1</i></b>')
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replaceAll(/__(.+?)__/g, '<u>$1</u>')
    .replaceAll(/~~(.+?)~~/g, '<s>$1</s>')
    .replaceAll(/\|\|(.+?)\|\|/g, '<span class="spoiler">$1</span>')
    .replaceAll(/(?<![\w*])\*([^*\n]+)\*(?![\w*])/g, '<i>$1</i>')
    .replaceAll(/(?<!\w)_([^_\n]+)_(?!\w)/g, '<i>$1</i>')
    .replaceAll(/&lt;@!?(\d+)&gt;/g, (_, id: string) => `<span class="mention">@${escapeHtml(nameOf(id))}</span>`)
    .replaceAll(/&lt;t:(\d+)(?::\w)?&gt;/g, (_, seconds: string) => new Date(Number(seconds) * 1000).toUTCString())
  return marked.replaceAll(/[\ue000-\uf8ff]/g, (character) =>
    escapeHtml(String.fromCharCode(character.charCodeAt(0) - shielded)),
  )
}
