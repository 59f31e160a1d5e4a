import { AppError } from '../contract/errors.ts'
import type { LaneStatus } from '../contract/status.ts'
import { fairOrder, type Waiting } from './fair-order.ts'

/** Places at the models: talking and drawing have their own, so chat runs beside a drawing. */
export type Lane = 'chat' | 'draw'

export interface QueueOptions {
  /** Jobs that talk, and that draw, at the same time. */
  readonly capacity: Readonly<Record<Lane, number>>
  /** Places that one person may hold at the same time. */
  readonly perPerson: number
}

/** A place that a job holds; leaving twice is leaving once. */
export interface Place {
  leave(): void
}

export interface PlaceRequest extends Waiting {
  readonly lane: Lane
  /** Whether it is not to begin for now; FairQueue.refresh asks again. */
  readonly isHeld?: () => boolean
  readonly signal: AbortSignal
  /** The place in line, 1 is next: told at once when the job has to wait, and at every change. */
  readonly onPosition: (position: number) => void
}

export interface FairQueue {
  /** Waits for a place. Throws AppError `inference/cancelled` as soon as the signal is aborted. */
  enter(request: PlaceRequest): Promise<Place>
  /** Place in line of a waiting job, from 1; 0 when it does not wait. */
  position(id: string): number
  /** What is held may have changed. */
  refresh(): void
  /** How each lane stands. */
  status(): Readonly<Record<Lane, LaneStatus>>
}

interface Entry extends PlaceRequest {
  readonly begin: (place: Place) => void
  position: number
}

/** Servers, people and threads whose last turn is remembered; the one served longest ago is forgotten first. */
const rememberedGroups = 10_000

/** Lends places fairly (see fairOrder). A job asks once for each thing that it does: for talking, then for drawing. */
export function createFairQueue({ capacity, perPerson }: QueueOptions): FairQueue {
  let waiting: readonly Entry[] = []
  const holders: { readonly lane: Lane; readonly person: string }[] = []
  const served = {
    servers: new Map<string, number>(),
    people: new Map<string, number>(),
    threads: new Map<string, number>(),
  }
  let clock = 0

  const isFree = (entry: Entry) =>
    holders.filter(({ lane }) => lane === entry.lane).length < capacity[entry.lane] &&
    holders.filter(({ person }) => person === entry.person).length < perPerson &&
    !entry.isHeld?.()

  function dispatch(): void {
    for (;;) {
      const next = fairOrder(waiting, served).find(isFree)
      if (!next) break
      waiting = waiting.filter((entry) => entry !== next)
      begin(next)
    }
    tellPositions()
  }

  function begin(entry: Entry): void {
    clock++
    remember(served.servers, entry.server, clock)
    remember(served.people, entry.person, clock)
    remember(served.threads, entry.thread, clock)
    const holder = { lane: entry.lane, person: entry.person }
    holders.push(holder)
    entry.begin({
      leave() {
        const index = holders.indexOf(holder)
        if (index < 0) return
        holders.splice(index, 1)
        dispatch()
      },
    })
  }

  const statusOf = (lane: Lane): LaneStatus => ({
    places: capacity[lane],
    running: holders.filter((holder) => holder.lane === lane).length,
    waiting: waiting.filter((entry) => entry.lane === lane).length,
  })

  function tellPositions(): void {
    for (const lane of ['chat', 'draw'] as const) {
      const order = fairOrder(
        waiting.filter((entry) => entry.lane === lane),
        served,
      )
      for (const [index, entry] of order.entries()) {
        if (entry.position === index + 1) continue
        entry.position = index + 1
        entry.onPosition(entry.position)
      }
    }
  }

  return {
    enter: (request) =>
      new Promise((resolve, reject) => {
        const refuse = () => {
          waiting = waiting.filter((other) => other !== entry)
          reject(new AppError('inference/cancelled', { message: 'cancelled while waiting' }))
          tellPositions()
        }
        const begin = (place: Place) => {
          request.signal.removeEventListener('abort', refuse)
          resolve(place)
        }
        const entry: Entry = { ...request, begin, position: 0 }
        if (request.signal.aborted) return refuse()
        request.signal.addEventListener('abort', refuse, { once: true })
        waiting = [...waiting, entry]
        dispatch()
      }),
    position: (id) => waiting.find((entry) => entry.id === id)?.position ?? 0,
    refresh: dispatch,
    status: () => ({ chat: statusOf('chat'), draw: statusOf('draw') }),
  }
}

function remember(served: Map<string, number>, group: string, clock: number): void {
  served.delete(group)
  served.set(group, clock)
  const [oldest] = served.keys()
  if (served.size > rememberedGroups && oldest !== undefined) served.delete(oldest)
}
