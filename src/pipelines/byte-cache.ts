/** Results that are kept for the requests that follow: what was used last, up to a number of bytes. */
export interface ByteCache<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
  readonly bytes: number
  readonly size: number
}

/** A cache of at most `maxBytes`, as `bytesOf` counts them. */
export function createByteCache<T>(maxBytes: number, bytesOf: (value: T) => number): ByteCache<T> {
  const kept = new Map<string, T>() // least recently used first
  let bytes = 0
  const drop = (key: string) => {
    const found = kept.get(key)
    if (found !== undefined && kept.delete(key)) bytes -= bytesOf(found)
    return found
  }
  const keep = (key: string, value: T) => {
    kept.set(key, value)
    bytes += bytesOf(value)
  }
  return {
    get(key) {
      const found = drop(key)
      if (found !== undefined) keep(key, found)
      return found
    },
    set(key, value) {
      drop(key)
      if (bytesOf(value) > maxBytes) return
      keep(key, value)
      for (const oldest of [...kept.keys()]) if (bytes > maxBytes) drop(oldest)
    },
    get bytes() {
      return bytes
    },
    get size() {
      return kept.size
    },
  }
}
