import { adapterBase, type RecordAdapter } from './record-adapter.ts'

/** Records in memory, for tests and for runs that keep nothing. */
export function createMemoryAdapter(): RecordAdapter {
  const records = new Map<string, string>()
  return {
    ...adapterBase('memory'),
    get: async <Value>(key: string) => records.get(key) as Value | undefined,
    set: async (key: string, value: string) => void records.set(key, value),
    async setMany(entries) {
      for (const { key, value } of entries) records.set(key, value)
    },
    delete: async (key) => records.delete(key),
    deleteMany: async (keys) => keys.map((key) => records.delete(key)).every(Boolean),
    clear: async () => records.clear(),
    keys: async (prefix) => [...records.keys()].filter((key) => key.startsWith(prefix)).sort(),
    disconnect: async () => undefined,
  }
}
