import type { ThreadKey } from './thread.ts'

/** Who may press the buttons of somebody's reply in a shared thread: who asked for it or began the thread, … */
export const pressRules = ['author', 'admins', 'all'] as const
export type PressRule = (typeof pressRules)[number]

/** What happens to a picture that is found not safe for work. */
export const nsfwRules = ['off', 'blur', 'block'] as const
export type NsfwRule = (typeof nsfwRules)[number]

/** Limits that admins may set for their server or channel; 0 is no limit, absent is the bot's own. */
export interface PlaceLimits {
  readonly jobsPerPerson?: number
  readonly jobsPerPersonDay?: number
  readonly jobsPerServer?: number
  readonly jobsPerServerDay?: number
}

/** The rules in force where a thread is. */
export interface Policy {
  readonly press: PressRule
  readonly nsfw: NsfwRule
  /** Nothing new is taken, and what waits goes on waiting; what runs goes on. */
  readonly paused: boolean
  /** Nothing new is taken; what runs and waits is finished. */
  readonly drained: boolean
  /** Ids of people whom the bot does not serve here. */
  readonly bannedPeople: readonly string[]
  readonly limits: PlaceLimits
}

/** What admins have set for one place; what is absent is as in the place around it. */
export interface PlacePolicy {
  readonly press?: PressRule
  readonly nsfw?: NsfwRule
  readonly paused?: boolean
  readonly drained?: boolean
  readonly bannedPeople?: readonly string[]
  readonly limits?: PlaceLimits
}

/** A server (workspace, team), or a channel of one. */
export interface Place {
  readonly platform: string
  readonly workspaceId: string
  readonly channelId?: string
}

export const serverOf = ({ platform, workspaceId }: ThreadKey): Place => ({ platform, workspaceId })
export const channelOf = ({ platform, workspaceId, channelId }: ThreadKey): Place => ({
  platform,
  workspaceId,
  channelId,
})

/** One string for a place; parts are escaped, so different places never meet. */
export const placeString = ({ platform, workspaceId, channelId }: Place): string =>
  [platform, workspaceId, ...(channelId === undefined ? [] : [channelId])].map(encodeURIComponent).join('/')
