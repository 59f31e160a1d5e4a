import { channelOf, placeString, serverOf } from '../../contract/policy.ts'
import type { ThreadKey } from '../../contract/thread.ts'
import type { OpenTables } from '../../conversation/tables.ts'

/** Which places are paused, known without waiting: the queue asks before it begins a job. */
export interface Pauses {
  isPaused(key: ThreadKey): boolean
  /** Undefined: as the place around it. */
  set(place: string, paused: boolean | undefined): void
  /** Reads what is stored. */
  load(tables: OpenTables): Promise<void>
}

export function createPauses(): Pauses {
  const known = new Map<string, boolean>()
  const set = (place: string, paused: boolean | undefined) =>
    void (paused === undefined ? known.delete(place) : known.set(place, paused))
  return {
    isPaused: (key) => known.get(placeString(channelOf(key))) ?? known.get(placeString(serverOf(key))) ?? false,
    set,
    async load({ policies }) {
      for (const { key, value } of await policies.list()) set(key, value.paused)
    },
  }
}
