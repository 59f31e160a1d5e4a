import type { ThreadSettings } from '../../contract/conversation.ts'
import type { Incoming } from '../../contract/incoming.ts'
import { languageOf, languageOfWords, type Language } from '../../contract/language.ts'
import { channelOf, placeString } from '../../contract/policy.ts'
import type { Person, ThreadKey } from '../../contract/thread.ts'
import type { BotContext } from '../context.ts'

/** For whom settings hold: one thread; everybody in a channel; one person wherever they write. */
export const settingScopes = ['thread', 'channel', 'person'] as const
export type SettingScope = (typeof settingScopes)[number]

/** Settings that lie below those of a thread. */
export interface ScopedSettings {
  readonly person: ThreadSettings
  readonly channel: ThreadSettings
}

export const channelScope = (key: ThreadKey): string => `channel/${placeString(channelOf(key))}`
export const personScope = (platform: string, { id }: Pick<Person, 'id'>): string =>
  `person/${encodeURIComponent(platform)}/${encodeURIComponent(id)}`

/** What a person has set for themselves, and admins for the channel. Throws AppError `storage/*`. */
export async function readScopes(
  { stores }: Pick<BotContext, 'stores'>,
  key: ThreadKey,
  person: Person,
): Promise<ScopedSettings> {
  const { settings } = stores.tables
  const own = await settings.get(personScope(key.platform, person))
  return { person: own ?? {}, channel: (await settings.get(channelScope(key))) ?? {} }
}

/** A setting in force, by where it comes from. */
export interface EffectiveSetting {
  readonly name: keyof ThreadSettings
  readonly from: SettingScope | 'bot'
}

/** The settings in force: the bot's, below the person's, below the channel's, below the thread's. */
export function effectiveSettings(
  bot: ThreadSettings,
  { person, channel }: ScopedSettings,
  thread: ThreadSettings,
): readonly EffectiveSetting[] {
  const layers = Object.entries({ bot, person, channel, thread }) as [EffectiveSetting['from'], ThreadSettings][]
  const found = layers.flatMap(([from, settings]) =>
    (Object.keys(settings) as (keyof ThreadSettings)[]).map((name) => [name, { name, from }] as const),
  )
  return [...new Map(found).values()]
}

/** The language to answer in: as it is set, else that of the words, else that of the person's platform, else the bot's. */
export const languageFor = (incoming: Incoming, set: Language | undefined, usual: Language): Language =>
  set ?? languageOfWords(wordsOf(incoming)) ?? languageOf(incoming.locale) ?? usual

const wordsOf = (incoming: Incoming): string =>
  incoming.type === 'message' ? incoming.text : Object.values(incoming.values).join(' ')
