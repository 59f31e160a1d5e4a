import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../runtime/session.ts'
import type { WorkerStatus } from './protocol.ts'

/** How a model comes into memory. Sessions loaded through `runtime` belong to it. */
export interface Loader<Model> {
  readonly role: string
  readonly name: string
  load(runtime: Runtime): Promise<Model>
}

interface Resident {
  readonly loader: Loader<unknown>
  readonly model: Promise<unknown>
  readonly sessions: ReadonlySet<Session>
  /** Leases that have it. */
  users: number
}

/** Models for one request: none of them leaves memory before `end`. */
export interface Lease {
  /** The loader's model; loaded when it is not there. Requests at once share one load; a failed load is not kept. */
  get<Model>(loader: Loader<Model>): Promise<Model>
  end(): void
}

/** The models in memory, by their loaders. */
export interface Residency {
  lease(): Lease
  /** What is in memory (or on its way), with the bytes of its weights. */
  list(): WorkerStatus['resident']
}

/** With `limitBytes`, models that nobody uses leave when there are more bytes of weights; the longest unused first. */
export function createResidency(runtime: Runtime, limitBytes = Infinity): Residency {
  /** In the order of their last use. */
  const residents = new Map<Loader<unknown>, Resident>()
  const bytesOf = ({ sessions }: Resident) => [...sessions].reduce((sum, { weightBytes }) => sum + weightBytes, 0)

  function load(loader: Loader<unknown>): Resident {
    const { owned, sessions } = ownedBy(runtime)
    const resident: Resident = { loader, model: loader.load(owned), sessions, users: 0 }
    resident.model.then(makeRoom, () => drop(resident))
    return resident
  }

  async function drop(resident: Resident): Promise<void> {
    if (residents.get(resident.loader) === resident) residents.delete(resident.loader)
    await resident.model.catch(() => undefined) // a failed load still leaves the sessions that it had opened
    await Promise.all([...resident.sessions].map((session) => session.release()))
  }

  function makeRoom(): void {
    let bytes = [...residents.values()].reduce((sum, resident) => sum + bytesOf(resident), 0)
    for (const resident of residents.values()) {
      if (bytes <= limitBytes) return
      if (resident.users > 0) continue
      bytes -= bytesOf(resident)
      void drop(resident)
    }
  }

  function lease(): Lease {
    const held = new Set<Resident>()
    return {
      get<Model>(loader: Loader<Model>) {
        const resident = residents.get(loader) ?? load(loader)
        residents.delete(loader)
        residents.set(loader, resident)
        if (!held.has(resident)) resident.users += 1
        held.add(resident)
        return resident.model as Promise<Model>
      },
      end() {
        for (const resident of held) resident.users -= 1
        held.clear()
        makeRoom()
      },
    }
  }

  return {
    lease,
    list: () =>
      [...residents.values()].map((resident) => {
        const { role, name } = resident.loader
        return { role, name, bytes: bytesOf(resident) }
      }),
  }
}

/** The runtime, with a list of the sessions that were loaded through it and are not released. */
function ownedBy(runtime: Runtime): { owned: Runtime; sessions: ReadonlySet<Session> } {
  const sessions = new Set<Session>()
  const load: Runtime['load'] = async (...graphAndOptions) => {
    const session = await runtime.load(...graphAndOptions)
    const owned: Session = {
      ...session,
      release: () => {
        sessions.delete(owned)
        return session.release()
      },
    }
    sessions.add(owned)
    return owned
  }
  return { owned: { ...runtime, load }, sessions }
}
