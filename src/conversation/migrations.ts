import type { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { corrupt } from './storage-errors.ts'

type StoredRecord = Readonly<Record<string, unknown>>

/** Makes version n + 1 of a record from version n. */
export type Migration = (record: StoredRecord) => StoredRecord

/** How records of one kind are read: their version now, the steps from older ones, and what they must look like. */
export interface RecordKind<T> {
  readonly name: string
  readonly version: number
  /** `migrations[n]` leads from version n to n + 1. */
  readonly migrations: Readonly<Record<number, Migration>>
  readonly schema: z.ZodType<T>
}

/**
 * A stored value as a record of today's version. Throws AppError `storage/newer-version` for one that a newer program
 * wrote, `storage/corrupt` (naming the record) for anything else that is not what it should be.
 */
export function readRecord<T>(kind: RecordKind<T>, id: string, value: unknown): T {
  const what = `The ${kind.name} ${id}`
  if (!isRecord(value)) throw corrupt(what, 'it is not a record')
  const migrated = migrate(kind, what, value)
  const checked = kind.schema.safeParse(migrated)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  throw corrupt(what, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

const isRecord = (value: unknown): value is StoredRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function migrate<T>(kind: RecordKind<T>, what: string, record: StoredRecord): StoredRecord {
  const { version } = record
  if (typeof version !== 'number' || !Number.isInteger(version)) throw corrupt(what, 'it has no version')
  if (version === kind.version) return record
  if (version > kind.version) throw newerVersion(what, version, kind.version)
  const step = kind.migrations[version]
  if (!step) throw corrupt(what, `there is no way from version ${version} to ${kind.version}`)
  return migrate(kind, what, { ...step(record), version: version + 1 })
}

const newerVersion = (what: string, version: number, known: number) =>
  new AppError('storage/newer-version', {
    message: `${what} was written by a newer program (version ${version}; this one knows ${known})`,
    hint: 'Update llmga, or use another LLMGA_DATA_DIR. The record was left as it is.',
    details: { what, version, known },
  })
