/** What goes wrong with one call. */
export type Fault =
  | { readonly type: 'ratelimited'; readonly retryAfterSeconds: number }
  | { readonly type: 'status'; readonly status: number }
  /** A refusal of the Web API: invalid_auth, token_expired, … */
  | { readonly type: 'refusal'; readonly code: string }
  /** Never answered; `carriedOut` says whether the call is. */
  | { readonly type: 'silent'; readonly carriedOut: boolean }
  /** The connection is closed instead of an answer, or in the middle of it. */
  | { readonly type: 'closed'; readonly carriedOut: boolean }
  | { readonly type: 'slow'; readonly ms: number }

export interface PlannedFault {
  /** A Web API method, or 'upload', 'download', 'response_url', 'link' (the Socket Mode connection); '*' is every method. */
  readonly on: string
  readonly fault: Fault
  /** How many calls it meets; Infinity until it is taken back. */
  readonly times?: number
  /** Only these calls. */
  readonly when?: (args: Readonly<Record<string, unknown>>) => boolean
}

export interface Faults {
  /** Plans a fault; the function takes it back. */
  add(planned: PlannedFault): () => void
  /** The fault that meets this call, if any: it is used up by one. */
  meet(on: string, args: Readonly<Record<string, unknown>>): Fault | undefined
  clear(): void
  /** How many calls were met. */
  readonly met: () => number
}

export function createFaults(): Faults {
  let planned: { readonly plan: PlannedFault; left: number }[] = []
  let met = 0
  return {
    add(plan) {
      const entry = { plan, left: plan.times ?? 1 }
      planned.push(entry)
      return () => (planned = planned.filter((other) => other !== entry))
    },
    meet(on, args) {
      const isMethod = on.includes('.')
      const entry = planned.find(
        ({ plan, left }) =>
          left > 0 && (plan.on === on || (plan.on === '*' && isMethod)) && (plan.when?.(args) ?? true),
      )
      if (!entry) return undefined
      entry.left--
      met++
      return entry.plan.fault
    },
    clear: () => void (planned = []),
    met: () => met,
  }
}
