import type { KvCache } from './kv-cache.ts'

type Keys = readonly (number | string)[]

/**
 * Keeps the keys and values of the last conversation, so that its next turn computes only what is new. One conversation
 * at a time: a second one that runs meanwhile starts with an empty cache, and whoever ends last is kept.
 */
export interface PrefixCache {
  /** A cache that holds the longest kept beginning of `keys`, without its last position: that one is always computed. */
  take(keys: Keys): KvCache
  /** Keeps `cache`, whose positions hold the first of `keys`. */
  keep(keys: Keys, cache: KvCache): void
}

export function createPrefixCache(createCache: () => KvCache): PrefixCache {
  let kept: { readonly keys: Keys; readonly cache: KvCache } | undefined
  return {
    take(keys) {
      const common = kept === undefined ? 0 : Math.min(commonLength(kept.keys, keys), keys.length - 1)
      if (kept === undefined || common === 0) return createCache()
      const { cache } = kept
      kept = undefined
      cache.truncate(common)
      return cache
    },
    keep(keys, cache) {
      kept = { keys: keys.slice(0, cache.length), cache }
    },
  }
}

function commonLength(a: Keys, b: Keys): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}
