/** Small things that the browser keeps for the person. A browser that keeps nothing is no error. */

const draftKey = (threadId: string | undefined): string => `llmga.draft.${threadId ?? 'new'}`

/** What was typed in a thread (or for a new one) and not sent yet. */
export const readDraft = (threadId: string | undefined): string => read(draftKey(threadId)) ?? ''

export const keepDraft = (threadId: string | undefined, text: string): void =>
  text === '' ? forget(draftKey(threadId)) : keep(draftKey(threadId), text)

/** A value kept as JSON, or `fallback` when there is none. */
export function readKept<T>(name: string, fallback: T): T {
  const text = read(`llmga.${name}`)
  try {
    return text === undefined ? fallback : (JSON.parse(text) as T)
  } catch {
    return fallback
  }
}

export const keepValue = (name: string, value: unknown): void => keep(`llmga.${name}`, JSON.stringify(value))

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // full or forbidden: the page works without
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // forbidden: nothing was kept either
  }
}
