import type { PromptWord } from '../../src/contract/outgoing.ts'
import type { Words } from '../chat/screen.ts'
import { splitText } from '../chat/split-text.ts'
import { discordLimits } from './options.ts'

/** Links stay links: Discord shows backslashes in them. They unfold into nothing, see send.ts. */
const links = /(https?:\/\/[^\s<>()[\]|*`]+)/

/** Words of people and models as Discord shows them letter by letter: no markup, no mention, no hidden link. */
export const escapeMarkdown = (text: string): string =>
  text
    .split(links)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[\\*_~`|<[\]]/g, String.raw`\$&`)))
    .join('')
    .replaceAll(/^(\s*)([#>+-])/gm, String.raw`$1\$2`)
    .replaceAll(/^(\s*\d+)\./gm, String.raw`$1\.`)

/**
 * The words of a reply as the contents of messages, each within Discord's limit: at least one, perhaps empty. Nothing is
 * lost and no character is cut.
 */
export function contentsOf(words: readonly Words[], limit: number = discordLimits.text): readonly string[] {
  const contents: string[] = []
  let open = ''
  for (const piece of words.flatMap((one) => formatted(one, limit))) {
    const joined = open === '' ? piece : `${open}\n${piece}`
    if (joined.length <= limit) {
      open = joined
    } else {
      contents.push(open)
      open = piece
    }
  }
  return [...contents, open]
}

/** One entry in Discord's markup, in pieces that fit into a message. */
function formatted(words: Words, limit: number): readonly string[] {
  switch (words.type) {
    case 'said':
      return pieces(escapeMarkdown(words.text), limit)
    case 'quote':
      return linesBehind('> ', escapeMarkdown(words.text), limit)
    case 'changed':
      return linesBehind('> ', `${escapeMarkdown(words.label)}: ${markedWords(words.words)}`, limit)
    case 'notice':
    case 'progress':
      return linesBehind('-# ', escapeMarkdown(words.text), limit)
    case 'problem':
      return pieces(`⚠️ ${escapeMarkdown(words.text)}`, limit)
  }
}

const markedWords = (words: readonly PromptWord[]): string =>
  words.map(({ text, changed }) => (changed ? `**${escapeMarkdown(text)}**` : escapeMarkdown(text))).join(' ')

/** Every line behind a mark, which holds for one line only. */
function linesBehind(mark: string, text: string, limit: number): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.flatMap((line) => pieces(line, limit - mark.length).map((piece) => mark + piece))
}

/** splitText for text with backslashes: none is parted from what it escapes. */
function pieces(text: string, limit: number): readonly string[] {
  const cut = splitText(text, limit - 1)
  let carried = ''
  return cut.map((piece) => {
    const whole = carried + piece
    const isParted = /(?<!\\)(?:\\\\)*\\$/.test(whole)
    carried = isParted ? '\\' : ''
    return isParted ? whole.slice(0, -1) : whole
  })
}
