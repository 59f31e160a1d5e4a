import { channelOf, placeString, serverOf, type PlacePolicy, type Policy } from '../../contract/policy.ts'
import type { ThreadKey } from '../../contract/thread.ts'
import type { BotContext } from '../context.ts'

/** What holds where nobody has set anything. */
export const defaultPolicy: Policy = {
  press: 'author',
  nsfw: 'off',
  paused: false,
  drained: false,
  bannedPeople: [],
  limits: {},
}

/** The rules of a channel: what its own record says, else its server's, else the bot's. Whoever is banned by one is banned. */
export function mergePolicies(base: Policy, server: PlacePolicy = {}, channel: PlacePolicy = {}): Policy {
  const bannedPeople = [...base.bannedPeople, ...(server.bannedPeople ?? []), ...(channel.bannedPeople ?? [])]
  return {
    ...base,
    ...server,
    ...channel,
    bannedPeople: [...new Set(bannedPeople)],
    limits: { ...base.limits, ...server.limits, ...channel.limits },
  }
}

/** The rules in force where a thread is. Throws AppError `storage/*`. */
export async function policyFor(
  { stores, policy }: Pick<BotContext, 'stores' | 'policy'>,
  key: ThreadKey,
): Promise<Policy> {
  const { policies } = stores.tables
  const server = await policies.get(placeString(serverOf(key)))
  const channel = await policies.get(placeString(channelOf(key)))
  return mergePolicies({ ...defaultPolicy, ...policy }, server, channel)
}
