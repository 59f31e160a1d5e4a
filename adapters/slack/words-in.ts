import { unescaped } from './markup.ts'

/** Names of people by their ids. */
export type NameOf = (userId: string) => Promise<string>

const entity = /<([^<>]*)>/g

/**
 * What a person wrote, with nothing of Slack left in it: the bot's own mention is taken out, other mentions become names,
 * links their address, entities their characters.
 */
export async function wordsIn(text: string, botUserId: string, nameOf: NameOf): Promise<string> {
  const found = [...text.matchAll(entity)].map(([, inner]) => inner!)
  const spoken = new Map<string, string>()
  for (const inner of new Set(found)) spoken.set(inner, await spokenEntity(inner, botUserId, nameOf))
  const words = text.replace(entity, (_, inner: string) => spoken.get(inner)!)
  return unescaped(words)
    .replaceAll(/[ \t]{2,}/g, ' ')
    .trim()
}

async function spokenEntity(inner: string, botUserId: string, nameOf: NameOf): Promise<string> {
  const [target = '', label] = inner.split('|', 2)
  const rest = target.slice(1)
  switch (target[0]) {
    case '@':
      return rest === botUserId ? '' : `@${label ?? escapedName(await nameOf(rest))}`
    case '#':
      return `#${label || rest}`
    case '!':
      return label ?? `@${rest.split('^')[0]}`
    default:
      return label === undefined || target.startsWith('http') ? target : label
  }
}

/** A name goes through `unescaped` with the rest. */
const escapedName = (name: string): string => name.replaceAll('&', '&amp;')

/** Whether a text mentions the bot. */
export const mentions = (text: string, botUserId: string): boolean =>
  text.includes(`<@${botUserId}>`) || text.includes(`<@${botUserId}|`)

/** Ids of Slack's own files that a text links to. */
export function linkedFileIds(text: string): readonly string[] {
  const links = [...text.matchAll(entity)].map(([, inner]) => inner!.split('|', 1)[0]!)
  const ids = links.flatMap(
    (link) => /^https:\/\/[\w.-]+\.slack\.com\/files(?:-pri)?\/\S*\b(F[A-Z0-9]{8,})\b/.exec(link)?.[1] ?? [],
  )
  return [...new Set(ids)].slice(0, 4)
}
