import { AppError } from '../contract/errors.ts'

/** Words are read while they are written, a picture is waited for: chat goes first, within its share. */
export type Lane = 'chat' | 'drawing'

/** A request that waits for the device. */
export interface Waiting {
  readonly lane: Lane
  /** Number of the turn that it had last; 0 before its first. */
  readonly lastTurn: number
}

/** Time that the lanes had on the device: chat since the last drawing turn, and that drawing turn itself. */
export interface Shares {
  readonly chatMs: number
  readonly drawingMs: number
}

/**
 * Who goes next: chat before drawing, until chat has had as long as the last drawing turn took; then one drawing turn.
 * So neither slows the other to less than half its speed (a single longer turn aside), whatever the sizes of the
 * models. Within a lane, who waited longest since its last turn.
 */
export function nextTurn<W extends Waiting>(waiting: readonly W[], shares: Shares): W | undefined {
  const first: Lane = shares.chatMs > shares.drawingMs ? 'drawing' : 'chat'
  const lane = waiting.some((one) => one.lane === first) ? first : undefined
  return waiting
    .filter((one) => lane === undefined || one.lane === lane)
    .reduce<W | undefined>((best, one) => (best === undefined || one.lastTurn < best.lastTurn ? one : best), undefined)
}

/** The shares after a turn of `ms` milliseconds. */
export const afterTurn = (shares: Shares, lane: Lane, ms: number): Shares =>
  lane === 'drawing' ? { chatMs: 0, drawingMs: ms } : { ...shares, chatMs: shares.chatMs + ms }

/** A request's place at the device. A turn lasts until the same seat asks for the next one or leaves. */
export interface Seat {
  /** Ends this seat's turn and waits for the next. Throws AppError `inference/cancelled` once the signal is aborted. */
  readonly turn: () => Promise<void>
  /**
   * Leaves the device to others for as long as `work` (the loading of a model, which takes turns of its own) is under
   * way; then waits for a turn, if this seat had one.
   */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>
  leave(): void
}

export interface TurnTaking {
  open(lane: Lane, signal?: AbortSignal): Seat
}

interface Waiter extends Waiting {
  readonly begin: (turnNumber: number) => void
}

/**
 * Lends the device to one seat at a time. `pause` runs between two turns and lets the outside in (messages, timers):
 * native runs are synchronous, so nothing else does. `now` in milliseconds.
 */
export function createTurnTaking({ pause, now }: { pause: () => Promise<void>; now: () => number }): TurnTaking {
  let shares: Shares = { chatMs: 0, drawingMs: 0 }
  let turns = 0
  let current: { readonly owner: object; readonly since: number } | undefined
  let waiting: readonly Waiter[] = []
  let choosing = false

  async function choose(): Promise<void> {
    if (choosing || current !== undefined || waiting.length === 0) return
    choosing = true
    await pause()
    choosing = false
    nextTurn(waiting, shares)?.begin(++turns)
  }

  function open(lane: Lane, signal?: AbortSignal): Seat {
    const owner = {}
    let lastTurn = 0

    function endTurn(): void {
      if (current?.owner !== owner) return
      shares = afterTurn(shares, lane, now() - current.since)
      current = undefined
    }

    const wait = () =>
      new Promise<void>((resolve, reject) => {
        const remove = () => {
          waiting = waiting.filter((one) => one !== waiter)
          signal?.removeEventListener('abort', cancel)
        }
        const cancel = () => {
          remove()
          reject(cancelled())
        }
        const waiter: Waiter = {
          lane,
          lastTurn,
          begin: (turnNumber) => {
            remove()
            lastTurn = turnNumber
            current = { owner, since: now() }
            resolve()
          },
        }
        waiting = [...waiting, waiter]
        signal?.addEventListener('abort', cancel)
        if (signal?.aborted === true) cancel()
        void choose()
      })

    return {
      turn: () => {
        endTurn()
        return wait()
      },
      async aside(work) {
        const had = current?.owner === owner
        endTurn()
        void choose()
        const result = await work()
        if (had) await wait()
        return result
      },
      leave: () => {
        endTurn()
        void choose()
      },
    }
  }

  return { open }
}

export const cancelled = (): AppError => new AppError('inference/cancelled', { message: 'the request was cancelled' })
