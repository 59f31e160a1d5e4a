import { mkdirSync } from 'node:fs'
import { open } from 'lmdb'
import { adapterBase, type RecordAdapter } from './record-adapter.ts'
import { writeError } from './storage-errors.ts'

/**
 * Records in an LMDB file below `folder`; lmdb's binaries come ready-made from the registry. LMDB never overwrites a page in use, so a process or machine that dies in a
 * write leaves the state before it. Transactions are synchronous and synced to the disk before they return (about 1 ms
 * on an SSD): lmdb-js' asynchronous ones reject promises that nobody can catch when the disk is full.
 * Throws AppError `storage/full` when a write fails; what is read then is what was there before.
 */
export function createLmdbAdapter(folder: string, dataDir: string): RecordAdapter {
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      throw writeError(dataDir, error)
    }
  }
  const db = attempt(() => {
    mkdirSync(folder, { recursive: true })
    return open<string, string>({ path: folder, encoding: 'string', overlappingSync: false, noSubdir: false })
  })
  const change = <T>(action: () => T): T => attempt(() => db.transactionSync(action))

  return {
    ...adapterBase('lmdb'),
    get: async <Value>(key: string) => db.get(key) as Value | undefined,
    set: async (key: string, value: string) => change(() => db.putSync(key, value)),
    setMany: async (entries) => change(() => entries.forEach(({ key, value }) => db.putSync(key, value))),
    delete: async (key) => change(() => db.removeSync(key)),
    deleteMany: async (keys) => change(() => keys.map((key) => db.removeSync(key)).every(Boolean)),
    clear: async () => change(() => db.clearSync()),
    keys: async (prefix) => [...db.getKeys({ start: prefix, end: `${prefix}\u{10ffff}`, snapshot: false })],
    disconnect: () => db.close(),
  }
}
