import type { KeyvStoreAdapter } from 'keyv'

/** A storage adapter of Keyv that can list keys, writes many entries in one durable step, and reports failures. */
export interface RecordAdapter extends KeyvStoreAdapter {
  /** All or nothing, on the disk when it resolves. */
  setMany(entries: readonly { key: string; value: string }[]): Promise<void>
  deleteMany(keys: readonly string[]): Promise<boolean>
  /** Keys that begin with `prefix`, in order. */
  keys(prefix: string): Promise<readonly string[]>
  disconnect(): Promise<void>
}

/** What Keyv asks for beside reading and writing; failures are thrown, never emitted. */
export const adapterBase = (dialect: string) => ({
  opts: { dialect },
  on() {
    return this
  },
})
