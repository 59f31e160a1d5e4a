import type { Acknowledgement } from '../../contract/adapter.ts'
import type { ConversationState, ThreadSettings } from '../../contract/conversation.ts'
import type { IncomingMessage } from '../../contract/incoming.ts'
import { changeSettings } from '../../conversation/thread.ts'
import type { Change } from '../../conversation/stores.ts'
import { refuse } from '../../language/refuse.ts'
import type { Sentences } from '../../language/sentences.ts'
import { answer, type Desk } from '../accept.ts'
import { settingValue } from '../answers.ts'
import type { Route } from '../route.ts'
import { checkPress } from './press.ts'
import { channelScope, effectiveSettings, personScope, type ScopedSettings } from './scopes.ts'

type SettingsRoute = Extract<Route, { kind: 'settings' }>

/** Shows the settings in force, or changes those of a thread, a channel or a person. Throws AppError `access/denied`. */
export async function handleSettings(
  desk: Desk,
  message: IncomingMessage,
  state: ConversationState,
  route: SettingsRoute,
): Promise<Acknowledgement> {
  const { scopes, usual } = desk
  const before = { thread: state.settings, ...scopes }[route.scope]
  const after = route.change === 'reset' ? {} : { ...before, ...route.change }
  if (route.change !== undefined) checkMaySet(desk, message, state, route)
  const next = route.change !== undefined && route.scope === 'thread' ? changeSettings(state, after) : state
  const inForce = route.scope === 'thread' ? scopes : { ...scopes, [route.scope]: after }
  const change = route.change === undefined ? {} : changeOf(message, next, route, after)
  const text = (sentences: Sentences) => settingsAnswer(sentences, route, usual, inForce, next.settings)
  return answer(desk, message, next, { question: '/settings', text }, change)
}

function checkMaySet(
  desk: Desk,
  { author }: IncomingMessage,
  state: ConversationState,
  { scope }: SettingsRoute,
): void {
  if (scope === 'thread') checkPress(desk, state, author, [])
  if (scope === 'channel' && author.admin !== true) throw refuse('access/denied', 'channelNeedsAdmin')
}

function changeOf(
  { key, author }: IncomingMessage,
  thread: ConversationState,
  { scope }: SettingsRoute,
  after: ThreadSettings,
): Change {
  if (scope === 'thread') return { thread }
  const value = Object.keys(after).length > 0 ? after : undefined
  const row = scope === 'channel' ? channelScope(key) : personScope(key.platform, author)
  return { rows: [{ table: 'settings', key: row, value }] }
}

function settingsAnswer(
  { settingsScopes: words, answers }: Sentences,
  { change, scope }: SettingsRoute,
  usual: ThreadSettings,
  scopes: ScopedSettings,
  thread: ThreadSettings,
): string {
  const lines = effectiveSettings(usual, scopes, thread).flatMap(({ name, from }) => {
    const source = { bot: usual, ...scopes, thread }[from]
    const value = settingValue(answers, source, name)
    return value === undefined ? [] : [words.line({ name: answers.settingNames[name], value, from: words.from[from] })]
  })
  const shown = lines.length > 0 ? [words.title, ...lines] : [words.none]
  return [...(change === undefined ? [] : [words.changed[scope]]), ...shown, words.howTo].join('\n')
}
