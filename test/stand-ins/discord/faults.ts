/** What may go wrong with a request. */
export type Effect =
  /** 429 with Retry-After; global ones hold every route. */
  | { readonly type: 'rate-limit'; readonly retryAfterMs: number; readonly global?: boolean }
  /** An answer without carrying it out. */
  | { readonly type: 'status'; readonly status: number; readonly code?: number; readonly message?: string }
  /** Carried out, and answered later. */
  | { readonly type: 'slow'; readonly delayMs: number }
  /** The connection ends before the request is carried out, after it, or half-way through the answer. */
  | { readonly type: 'cut'; readonly when: 'before' | 'after' | 'half-way' }
  /** Carried out, and never answered. */
  | { readonly type: 'silent' }

interface Fault {
  readonly matches: RegExp
  readonly effect: Effect
  left: number
}

export interface Faults {
  /**
   * The next `times` requests that match go wrong; `route` is 'METHOD /path' with * for anything, without /api/v10
   * ('GET /cdn/*', '*'). Gives how many of them are still to come.
   */
  add(route: string, effect: Effect, times?: number): { left(): number }
  /** No more of them. */
  clear(): void
  take(method: string, path: string): Effect | undefined
}

export function createFaults(): Faults {
  const faults: Fault[] = []
  return {
    add(route, effect, times = 1) {
      const parts = route.split('*').map((part) => part.replace(/[.?+^$(){}|[\]\\@]/g, '\\$&'))
      const fault = { matches: new RegExp(`^${parts.join('.*')}$`), effect, left: times }
      faults.push(fault)
      return { left: () => fault.left }
    },
    clear: () => void faults.splice(0),
    take(method, path) {
      const fault = faults.find(({ left, matches }) => left > 0 && matches.test(`${method} ${path}`))
      if (fault) fault.left--
      return fault?.effect
    },
  }
}
