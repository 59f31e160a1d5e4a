import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../runtime/session.ts'
import type { ModelRole } from './preset-schema.ts'
import type { WorkerStatus } from './protocol.ts'
import type { ModelTable } from './registry.ts'

/** How one role's model comes into memory. Sessions loaded through `runtime` belong to it. */
export interface Loader<Model> {
  readonly name: string
  load(runtime: Runtime): Promise<Model>
}

interface Resident<Model> {
  readonly model: Promise<Model>
  readonly sessions: ReadonlySet<Session>
}

/** The models in memory, by role. */
export interface Residency<Models extends ModelTable> {
  /** The role's model; loaded when it is not there. Requests at once share one load; a failed load is not kept. */
  get<Role extends ModelRole>(role: Role): Promise<Models[Role]>
  /** What is in memory (or on its way), with the bytes of its weights. */
  list(): WorkerStatus['resident']
  /** Takes a role's model out of memory. Its sessions must not be in use. */
  drop(role: ModelRole): Promise<void>
}

export function createResidency<Models extends ModelTable>(
  runtime: Runtime,
  loaders: { readonly [Role in ModelRole]: Loader<Models[Role]> },
): Residency<Models> {
  const residents: { [Role in ModelRole]?: Resident<Models[Role]> } = {}

  function load<Role extends ModelRole>(role: Role): Resident<Models[Role]> {
    const { owned, sessions } = ownedBy(runtime)
    const resident: Resident<Models[Role]> = { model: loaders[role].load(owned), sessions }
    resident.model.catch(() => {
      if (residents[role] === resident) void drop(role)
    })
    return resident
  }

  async function drop(role: ModelRole): Promise<void> {
    const resident = residents[role]
    if (resident === undefined) return
    delete residents[role]
    await resident.model.catch(() => undefined) // a failed load still leaves the sessions that it had opened
    await Promise.all([...resident.sessions].map((session) => session.release()))
  }

  return {
    get: (role) => (residents[role] ??= load(role)).model,
    list: () =>
      (Object.keys(residents) as ModelRole[]).map((role) => ({
        role,
        name: loaders[role].name,
        bytes: [...(residents[role]?.sessions ?? [])].reduce((sum, session) => sum + session.weightBytes, 0),
      })),
    drop,
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
