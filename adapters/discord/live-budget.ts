import { SurfaceError } from '../chat/surface.ts'

/** Edits of live states in one second, all conversations together; Discord takes 50 requests of all kinds. */
const editsPerSecond = 15
/** Replies that are remembered as posted. */
const remembered = 5000

/**
 * Keeps live states from filling the line in front of results: where many replies change at once, most of them wait for
 * a later, newer state. What is posted for the first time, and what is final, is never held back.
 */
export function createLiveBudget() {
  const posted = new Set<string>()
  let tokens = editsPerSecond
  let filledAt = Date.now()

  function take(): boolean {
    const now = Date.now()
    tokens = Math.min(editsPerSecond, tokens + ((now - filledAt) / 1000) * editsPerSecond)
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }

  return {
    posted(replyId: string): void {
      posted.add(replyId)
      const oldest = posted.values().next()
      if (posted.size > remembered && !oldest.done) posted.delete(oldest.value)
    },
    /** Throws SurfaceError `later` where a state of a reply has to wait. */
    check({ replyId, final }: { readonly replyId: string; readonly final: boolean }): void {
      if (final || !posted.has(replyId) || take()) return
      throw new SurfaceError('later', 'many replies change at once', { retryAfterMs: 500 + Math.random() * 1000 })
    },
  }
}
