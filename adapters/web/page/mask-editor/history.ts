/** What was done, and what was taken back and can be done again. */
export interface History<T> {
  readonly done: readonly T[]
  readonly undone: readonly T[]
}

export const emptyHistory: History<never> = { done: [], undone: [] }

/** Something new: what was taken back before is gone. */
export const record = <T>({ done }: History<T>, entry: T): History<T> => ({ done: [...done, entry], undone: [] })

export function undo<T>(history: History<T>): History<T> {
  const last = history.done.at(-1)
  if (last === undefined) return history
  return { done: history.done.slice(0, -1), undone: [...history.undone, last] }
}

export function redo<T>(history: History<T>): History<T> {
  const next = history.undone.at(-1)
  if (next === undefined) return history
  return { done: [...history.done, next], undone: history.undone.slice(0, -1) }
}
