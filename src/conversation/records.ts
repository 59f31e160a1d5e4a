import { Keyv } from 'keyv'
import { AppError } from '../contract/errors.ts'
import { readRecord, type RecordKind } from './migrations.ts'
import type { RecordAdapter } from './record-adapter.ts'
import { corrupt } from './storage-errors.ts'

/** Longest key in bytes; LMDB's own limit is 1978. */
const maxKeyBytes = 1900

export interface RecordEntry {
  readonly key: string
  readonly value: unknown
}

/** Versioned records by key, over Keyv. */
export interface Records {
  /** Undefined when absent. Throws AppError `storage/corrupt` or `storage/newer-version`, naming the record. */
  get<T>(kind: RecordKind<T>, key: string): Promise<T | undefined>
  /** All or nothing, durable when it resolves. Throws AppError `storage/full` or `input/too-long`. */
  write(entries: readonly RecordEntry[]): Promise<void>
  remove(keys: readonly string[]): Promise<void>
  keys(prefix: string): Promise<readonly string[]>
  close(): Promise<void>
}

export function createRecords(adapter: RecordAdapter): Records {
  const keyv = new Keyv({
    store: adapter,
    useKeyPrefix: false,
    emitErrors: false,
    throwOnErrors: true,
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  })
  return {
    async get(kind, key) {
      const value = await rawValue(keyv, key)
      return value === undefined ? undefined : readRecord(kind, key, value)
    },
    async write(entries) {
      entries.forEach(({ key }) => checkKey(key))
      await keyv.setMany(entries.map(({ key, value }) => ({ key, value })))
    },
    async remove(keys) {
      if (keys.length > 0) await keyv.deleteMany([...keys])
    },
    keys: (prefix) => adapter.keys(prefix),
    close: () => keyv.disconnect(),
  }
}

/** What Keyv wrapped under `key`; anything else that lies there is damage, not absence. */
async function rawValue(keyv: Keyv<unknown>, key: string): Promise<unknown> {
  let wrapped: { value?: unknown } | undefined
  try {
    wrapped = await keyv.getRaw(key)
  } catch (error) {
    throw corrupt(`The record ${key}`, 'it is not readable', error)
  }
  if (wrapped === undefined) return undefined
  if (wrapped.value === undefined) throw corrupt(`The record ${key}`, 'it is not a record')
  return wrapped.value
}

function checkKey(key: string): void {
  if (Buffer.byteLength(key) <= maxKeyBytes) return
  throw new AppError('input/too-long', {
    message: `the ids of this thread or person are too long (${Buffer.byteLength(key)} bytes; ${maxKeyBytes} are allowed)`,
    hint: 'Use shorter ids.',
  })
}
