import { nsfwRules, pressRules, type NsfwRule, type PlaceLimits, type PressRule } from '../../contract/policy.ts'
import { refuse } from '../../language/refuse.ts'
import {
  adminOptions,
  invalidOption,
  readOptions,
  type DrawingOptions,
  type OptionContext,
  type OptionValues,
} from '../options.ts'

/** For which place a rule is. */
export type PlaceScope = 'server' | 'channel'

/** What an admin wants. Without a place, resume is for both. */
export type AdminCommand =
  | { readonly action: 'status' | 'usage' }
  | { readonly action: 'pause' | 'drain'; readonly scope: PlaceScope }
  | { readonly action: 'resume'; readonly scope?: PlaceScope }
  | { readonly action: 'ban' | 'unban'; readonly person: string }
  | { readonly action: 'nsfw'; readonly rule: NsfwRule; readonly scope: PlaceScope }
  | { readonly action: 'press'; readonly rule: PressRule; readonly scope: PlaceScope }
  | { readonly action: 'limits'; readonly limits: PlaceLimits; readonly scope: PlaceScope }

/**
 * `/admin ban --person 123`, `/admin ban 123`, `{ action: 'ban', person: '123' }`: one and the same. Throws AppError
 * `input/unknown-option`, `input/invalid-option`, `input/empty`.
 */
export function adminCommand(words: string, options: OptionValues, context: OptionContext): AdminCommand {
  const [first = '', ...rest] = words.split(/\s+/)
  const isSaid = options['action'] !== undefined && options['action'] !== ''
  const action = isSaid ? options['action']! : first || 'status'
  const value = (isSaid ? words : rest.join(' ')).trim()
  const isAboutPerson = action === 'ban' || action === 'unban'
  const given = { ...(value === '' ? {} : { [isAboutPerson ? 'person' : 'value']: value }), ...options, action }
  return commandOf(readOptions(given, adminOptions, context))
}

function commandOf(given: DrawingOptions): AdminCommand {
  const { action = 'status', value, person } = given
  switch (action) {
    case 'status':
    case 'usage':
      return { action }
    case 'pause':
    case 'drain':
      return { action, scope: scopeOf(given, 'server') }
    case 'resume':
      return { action, ...(given.scope === undefined ? {} : { scope: scopeOf(given, 'server') }) }
    case 'ban':
    case 'unban':
      if (person === undefined || person === '') throw refuse('input/empty', 'adminNeedsPerson', { action })
      return { action, person }
    case 'nsfw':
      return { action, rule: among(action, nsfwRules, value), scope: scopeOf(given, 'channel') }
    case 'press':
      return { action, rule: among(action, pressRules, value), scope: scopeOf(given, 'server') }
    case 'limits':
      return { action, limits: limitsGiven(given), scope: scopeOf(given, 'server') }
  }
}

function scopeOf({ scope }: DrawingOptions, usual: PlaceScope): PlaceScope {
  if (scope === undefined) return usual
  if (scope === 'server' || scope === 'channel') return scope
  throw invalidOption('for', scope, { type: 'names', names: 'server, channel' })
}

function among<T extends string>(name: string, rules: readonly T[], value = ''): T {
  const rule = rules.find((one) => one === value.toLowerCase())
  if (rule !== undefined) return rule
  throw invalidOption(name, value, { type: 'names', names: rules.join(', ') })
}

const limitNames = ['jobsPerPerson', 'jobsPerPersonDay', 'jobsPerServer', 'jobsPerServerDay'] as const

function limitsGiven(given: DrawingOptions): PlaceLimits {
  const limits = limitNames.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]))
  if (limits.length > 0) return Object.fromEntries(limits)
  const names = adminOptions.filter((name) => name.includes('jobs')).join(', ')
  throw invalidOption('limits', '', { type: 'names', names })
}
