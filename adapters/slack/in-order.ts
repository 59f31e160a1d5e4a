/** Runs what belongs together one after another, in the order in which it came. */
export type InOrder = (name: string, action: () => Promise<void>) => Promise<void>

export function createInOrder(): InOrder {
  const last = new Map<string, Promise<void>>()
  return async (name, action) => {
    const turn = (last.get(name) ?? Promise.resolve()).catch(() => undefined).then(action)
    last.set(name, turn)
    try {
      await turn
    } finally {
      if (last.get(name) === turn) last.delete(name)
    }
  }
}
