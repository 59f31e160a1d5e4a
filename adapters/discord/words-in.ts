import { fileAddress } from './hosts.ts'

/** What a person wrote, without Discord's markup. */
export interface WrittenWords {
  readonly text: string
  /** Links in it to files on Discord, in order, each once. */
  readonly links: readonly string[]
}

export interface MarkupContext {
  readonly botId: string
  readonly cdnUrl: string
  /** Names of people, roles and channels that the text mentions, by their ids. */
  readonly names: ReadonlyMap<string, string>
}

/**
 * The content of a message in plain words: mentions of the bot are taken out, those of others become names, emoji become
 * their names, links to Discord's own files are set apart. Links elsewhere stay words: nothing is fetched from them.
 */
export function wordsOfContent(content: string, { botId, cdnUrl, names }: MarkupContext): WrittenWords {
  const links = new Set<string>()
  const text = content
    .replaceAll(/<?(https?:\/\/[^\s<>]+)>?/g, (whole, link: string) => {
      const url = fileAddress(link, cdnUrl)
      if (!url) return whole
      links.add(url.href)
      return ''
    })
    .replaceAll(/<(?:@[!&]?|#)(\d+)>/g, (mention, id: string) => {
      if (id === botId) return ''
      const name = names.get(id)
      return name === undefined ? '' : `${mention.startsWith('<#') ? '#' : '@'}${name}`
    })
    .replaceAll(/<a?:(\w+):\d+>/g, ':$1:')
    .replaceAll(/<\/([^:>]+):\d+>/g, '/$1')
    .replaceAll(/[^\S\n]+/g, ' ')
  return { text: text.trim(), links: [...links] }
}

/** The last part of a link's path, for a file that has no other name. */
export function nameOfLink(link: string): string {
  const last = new URL(link).pathname.split('/').at(-1) ?? ''
  return cleanFileName(safeDecode(last))
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a stray percent sign
  }
}

/** A file's name as letters, numbers, dots, dashes and blanks, at most 100 characters; never a path, never hidden. */
export function cleanFileName(name: string): string {
  const cleaned = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}._ -]+/gu, '_')
    .replace(/^[\s.]+/, '')
    .trim()
  const characters = [...cleaned]
  return characters.length <= 100 ? cleaned || 'file' : characters.slice(-100).join('')
}
