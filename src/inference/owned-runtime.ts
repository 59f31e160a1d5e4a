import type { Runtime } from '../runtime/runtime.ts'
import type { Session } from '../runtime/session.ts'

/** The runtime, with a list of the sessions that were loaded through it and are not released. */
export function ownedBy(runtime: Runtime): { readonly owned: Runtime; readonly sessions: ReadonlySet<Session> } {
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
