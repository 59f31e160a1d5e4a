import type { Command } from '../../../src/contract/incoming.ts'

/** The drawing form as typed; an empty field means the default. */
export interface DrawingOptions {
  readonly steps: string
  readonly guidance: string
  readonly seed: string
  /** '16:9' or '512x512' */
  readonly size: string
  readonly count: string
  readonly sampler: string
  readonly style: string
  readonly negative: string
  readonly raw: boolean
}

export const noOptions: DrawingOptions = {
  steps: '',
  guidance: '',
  seed: '',
  size: '',
  count: '',
  sampler: '',
  style: '',
  negative: '',
  raw: false,
}

export const aspectRatios = ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] as const

const numeric: readonly (keyof DrawingOptions)[] = ['steps', 'guidance', 'seed', 'count']

/** The options that were set, as the `imagine` command takes them. */
export function toCommand(options: DrawingOptions): Command {
  const fields = Object.entries<string | boolean>({ ...options })
  const given = fields.flatMap(([name, value]): [string, string | number | boolean][] => {
    const set = typeof value === 'string' ? value.trim() : value
    if (set === '' || set === false) return []
    if (name === 'size' && typeof set === 'string' && set.includes(':')) return [['ratio', set]]
    return [[name, numeric.some((key) => key === name) ? Number(set) : set]]
  })
  return { name: 'imagine', options: Object.fromEntries(given) }
}

/** How many options differ from the default. */
export const countSet = (options: DrawingOptions): number => Object.keys(toCommand(options).options).length
