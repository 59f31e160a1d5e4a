import Bottleneck from 'bottleneck'
import { SurfaceError } from '../chat/surface.ts'
import { surfaceError } from './refusals.ts'

export interface Pace {
  /** Runs a request that writes into a channel when its turn comes; what ends a reply goes before what is on its way. */
  inTurn<T>(channelId: string, isFinal: boolean, action: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/**
 * What Slack's library does not see to: about one message or edit a second in a channel, and no live state while Slack
 * has asked for silence (its limits count for the whole workspace, and ends of replies need what is left of them).
 */
export function createPace(channelMs: number, onRefused: (error: unknown) => void): Pace {
  const channels = new Bottleneck.Group({ maxConcurrent: 1, minTime: channelMs, timeout: 10 * 60_000 })
  let silentUntil = 0

  async function attempt<T>(isFinal: boolean, action: () => Promise<T>): Promise<T> {
    const left = silentUntil - Date.now()
    if (!isFinal && left > 0) throw new SurfaceError('later', 'Slack asked for silence', { retryAfterMs: left })
    try {
      return await action()
    } catch (error) {
      const refused = surfaceError(error)
      onRefused(error)
      if (refused.kind === 'later') silentUntil = Math.max(silentUntil, Date.now() + refused.retryAfterMs)
      throw refused
    }
  }

  return {
    inTurn: (channelId, isFinal, action) =>
      channels.key(channelId).schedule({ priority: isFinal ? 1 : 9 }, () => attempt(isFinal, action)),
    async stop() {
      for (const { limiter } of channels.limiters()) await limiter.disconnect()
    },
  }
}
