import type { Person } from '../../src/contract/thread.ts'
import type { WebClient } from './web-client.ts'

/** A person, and the language that they use Slack in. */
export interface SlackPerson {
  readonly person: Person
  readonly locale?: string
}

export interface People {
  /** `name` is what the event called them, for when Slack does not tell. */
  readonly get: (userId: string, name?: string) => Promise<SlackPerson>
  readonly nameOf: (userId: string) => Promise<string>
}

interface Kept {
  readonly until: number
  readonly person: Promise<SlackPerson>
}

const keptMs = 10 * 60_000
const mostKept = 2000

/** Who people are, as users.info says; asked once in ten minutes. Admins of other workspaces are nobody special here. */
export function createPeople(client: WebClient, teamId: () => string): People {
  const kept = new Map<string, Kept>()

  async function ask(userId: string): Promise<SlackPerson> {
    const { user } = await client.users.info({ user: userId, include_locale: true })
    const name = [user?.profile?.display_name, user?.real_name, user?.name].find((one) => one) ?? userId
    const isAdmin = (user?.is_admin === true || user?.is_owner === true) && user.team_id === teamId()
    return {
      person: { id: userId, name, ...(isAdmin ? { admin: true } : {}) },
      ...(user?.locale ? { locale: user.locale } : {}),
    }
  }

  async function get(userId: string, name = userId): Promise<SlackPerson> {
    const known = kept.get(userId)
    if (known && known.until > Date.now()) return known.person
    const person = ask(userId).catch(() => {
      kept.delete(userId)
      return { person: { id: userId, name } }
    })
    kept.delete(userId)
    kept.set(userId, { until: Date.now() + keptMs, person })
    for (const oldest of kept.keys()) {
      if (kept.size <= mostKept) break
      kept.delete(oldest)
    }
    return person
  }

  return { get, nameOf: async (userId) => (await get(userId)).person.name }
}
