const mostKept = 2000

/** Ids that came lately: the same message comes as a message and as a mention, and an event may come again. */
export function createSeen(): { isNew(id: string): boolean } {
  const seen = new Set<string>()
  return {
    isNew(id) {
      if (seen.has(id)) return false
      seen.add(id)
      const [oldest] = seen
      if (seen.size > mostKept && oldest !== undefined) seen.delete(oldest)
      return true
    },
  }
}
