import { z } from 'zod'
import type { ThreadSettings } from '../contract/conversation.ts'
import { nsfwRules, pressRules, type PlacePolicy } from '../contract/policy.ts'
import type { RecordKind } from './migrations.ts'
import { settingsSchema } from './record-kinds.ts'
import type { RecordEntry, Records } from './records.ts'
import { addUsage, noUsage, type Usage, type UsageCount } from './usage.ts'

/** Small records beside the threads: rules of places, settings of people and channels, what was used on a day. */
export interface Tables {
  /** By placeString. */
  readonly policies: PlacePolicy
  /** By the scope: `person/…` or `channel/…`. */
  readonly settings: ThreadSettings
  /** By personUsageKey and serverUsageKey. */
  readonly usage: Usage
}

export type TableName = keyof Tables

/** A row to be written with a change; without a value it is removed. */
export type Row = {
  [T in TableName]: { readonly table: T; readonly key: string; readonly value: Tables[T] | undefined }
}[TableName]

export interface Table<T> {
  get(key: string): Promise<T | undefined>
  /** Rows whose keys begin with `prefix`, in the order of their keys. */
  list(prefix?: string): Promise<readonly { readonly key: string; readonly value: T }[]>
}

export type OpenTables = { readonly [T in TableName]: Table<Tables[T]> }

const text = z.string()
const count = z.number().min(0)
const stored = <T>(name: string, schema: z.ZodRawShape): RecordKind<T & { version: 1 }> => ({
  name,
  version: 1,
  migrations: {},
  schema: z.looseObject({ version: z.literal(1), ...schema }) as unknown as z.ZodType<T & { version: 1 }>, // checked by field
})

const kinds: { readonly [T in TableName]: RecordKind<Tables[T] & { version: 1 }> } = {
  policies: stored<PlacePolicy>('policy', {
    press: z.enum(pressRules).exactOptional(),
    nsfw: z.enum(nsfwRules).exactOptional(),
    paused: z.boolean().exactOptional(),
    drained: z.boolean().exactOptional(),
    bannedPeople: z.array(text).exactOptional(),
    limits: z.record(text, count).exactOptional(),
  }),
  settings: stored<ThreadSettings>('settings', settingsSchema.shape),
  usage: stored<Usage>('usage', {
    jobs: count,
    pictures: count,
    seconds: count,
    person: z.looseObject({ id: text, name: text }).exactOptional(),
    servers: z.array(text).exactOptional(),
  }),
}

const keyOfRow = (table: TableName, key: string): string => `${table}:${key}`

/** The tables over the records; rows are written with `entriesOfRows`. */
export function openTables(records: Records): OpenTables {
  const open = <T extends TableName>(table: T): Table<Tables[T]> => {
    const read = async (key: string): Promise<Tables[T] | undefined> => {
      const record = await records.get(kinds[table], keyOfRow(table, key))
      return record && withoutVersion(record)
    }
    return {
      get: read,
      async list(prefix = '') {
        const keys = await records.keys(keyOfRow(table, prefix))
        const rows = await Promise.all(
          keys.map(async (full) => ({
            key: full.slice(table.length + 1),
            value: await read(full.slice(table.length + 1)),
          })),
        )
        return rows.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }]))
      },
    }
  }
  return { policies: open('policies'), settings: open('settings'), usage: open('usage') }
}

const withoutVersion = <T extends object>(record: T & { version: 1 }): T =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'version')) as T

/** Rows and counts as records: those to be written, and the keys of those to be removed. */
export async function rowsOfChange(
  { usage }: OpenTables,
  { rows = [], counts = [] }: { readonly rows?: readonly Row[]; readonly counts?: readonly UsageCount[] },
): Promise<{ readonly entries: readonly RecordEntry[]; readonly removed: readonly string[] }> {
  const counted = await Promise.all(
    counts.map(async (one): Promise<RecordEntry> => ({
      key: keyOfRow('usage', one.key),
      value: { version: 1, ...addUsage((await usage.get(one.key)) ?? noUsage, one) },
    })),
  )
  const written = rows.flatMap(({ table, key, value }) =>
    value === undefined ? [] : [{ key: keyOfRow(table, key), value: { version: 1, ...value } }],
  )
  const removed = rows.flatMap(({ table, key, value }) => (value === undefined ? [keyOfRow(table, key)] : []))
  return { entries: [...written, ...counted], removed }
}
