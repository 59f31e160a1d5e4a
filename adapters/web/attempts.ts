import { AppError } from '../../src/contract/errors.ts'

/** Counts wrong tokens by address. */
export interface Attempts {
  /** Throws AppError('access/limit') while `address` has to wait. */
  check(address: string): void
  failed(address: string): void
}

const addressesKept = 10_000

/** At most `limit` failures of one address in `windowMs`; the oldest addresses are forgotten when there are too many. */
export function createAttempts(limit: number, windowMs: number, now: () => number = Date.now): Attempts {
  const failures = new Map<string, { count: number; readonly until: number }>()
  const current = (address: string) => {
    const entry = failures.get(address)
    return entry !== undefined && entry.until > now() ? entry : undefined
  }
  return {
    check(address) {
      const entry = current(address)
      if (entry === undefined || entry.count < limit) return
      const retryAfterSeconds = Math.ceil((entry.until - now()) / 1000)
      throw new AppError('access/limit', {
        message: 'Too many wrong tokens from this address.',
        hint: `Wait ${retryAfterSeconds} seconds, then try again.`,
        details: { retryAfterSeconds },
        retryable: true,
      })
    },
    failed(address) {
      const entry = current(address)
      if (entry !== undefined) {
        entry.count += 1
        return
      }
      failures.delete(address)
      failures.set(address, { count: 1, until: now() + windowMs })
      const oldest = failures.keys().next().value
      if (failures.size > addressesKept && oldest !== undefined) failures.delete(oldest)
    },
  }
}
