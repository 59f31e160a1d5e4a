import type { KvCache } from './kv-cache.ts'

type Keys = readonly (number | string)[]

/**
 * Keeps the keys and values of several conversations, so that the next turn of each computes only what is new. What was
 * used longest ago leaves when there are more bytes than allowed. A conversation is known by what it begins with: two
 * that begin alike (the system text, an edited or regenerated turn) share what is common as copies.
 */
export interface PrefixCache {
  /**
   * A cache that holds the longest kept beginning of `keys`, without its last position: that one is always computed.
   * It is the caller's until `keep`.
   */
  take(keys: Keys): KvCache
  /** Takes back `cache`, whose positions hold the first of `keys`. */
  keep(keys: Keys, cache: KvCache): void
  /** Bytes of what is kept and of what is lent. */
  readonly bytes: number
  /** Conversations that are kept. */
  readonly size: number
}

export interface PrefixCacheOptions {
  readonly createCache: () => KvCache
  /** Bytes of keys and values above which the longest unused conversations leave. */
  readonly maxBytes?: number | undefined
}

interface Kept {
  readonly keys: Keys
  readonly cache: KvCache
}

/** Positions that may be lost when a conversation goes on: its reply's end reads a little differently the next time. */
const sparePositions = 4

export function createPrefixCache({ createCache, maxBytes = Infinity }: PrefixCacheOptions): PrefixCache {
  /** The longest unused first. */
  let kept: readonly Kept[] = []
  const lent = new Set<KvCache>()
  const bytes = () => [...lent, ...kept.map(({ cache }) => cache)].reduce((sum, cache) => sum + cache.bytes, 0)

  function makeRoom(): void {
    while (kept.length > 0 && bytes() > maxBytes) kept = kept.slice(1)
  }

  function beginningOf(keys: Keys): KvCache {
    const found = kept.map((entry) => ({ entry, common: Math.min(commonLength(entry.keys, keys), keys.length - 1) }))
    const best = found.reduce<(typeof found)[number] | undefined>(
      (a, b) => (b.common >= (a?.common ?? 1) ? b : a),
      undefined,
    )
    if (!best) return createCache()
    const { entry, common } = best
    // A copy, where another conversation would lose what it may go on from.
    if (entry.cache.length - common > sparePositions) return entry.cache.fork(common)
    kept = kept.filter((other) => other !== entry)
    entry.cache.truncate(common)
    return entry.cache
  }

  return {
    take(keys) {
      const cache = beginningOf(keys)
      lent.add(cache)
      makeRoom()
      return cache
    },
    keep(keys, cache) {
      lent.delete(cache)
      const own = { keys: keys.slice(0, cache.length), cache }
      const holds = (whole: Kept, part: Kept) => commonLength(whole.keys, part.keys) === part.keys.length
      const longer = kept.find((entry) => holds(entry, own))
      const others = kept.filter((entry) => entry !== longer && !holds(own, entry))
      kept = [...others, longer ?? own].filter((entry) => entry.keys.length > 0)
      makeRoom()
    },
    get bytes() {
      return bytes()
    },
    get size() {
      return kept.length
    },
  }
}

function commonLength(a: Keys, b: Keys): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}
