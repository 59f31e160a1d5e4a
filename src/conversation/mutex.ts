/** Runs actions one after the other; one that fails does not stop the next. */
export type Mutex = <T>(action: () => Promise<T>) => Promise<T>

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return (action) => {
    const next = last.then(action)
    last = next.catch(() => undefined)
    return next
  }
}

/** A mutex for each key; keys that nobody waits for are forgotten. */
export function createKeyedMutex(): <T>(key: string, action: () => Promise<T>) => Promise<T> {
  const held = new Map<string, { readonly mutex: Mutex; users: number }>()
  return async (key, action) => {
    const entry = held.get(key) ?? { mutex: createMutex(), users: 0 }
    held.set(key, entry)
    entry.users++
    try {
      return await entry.mutex(action)
    } finally {
      if (--entry.users === 0) held.delete(key)
    }
  }
}
