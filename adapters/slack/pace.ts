import Bottleneck from 'bottleneck'
import { SurfaceError } from '../chat/surface.ts'
import { surfaceError } from './refusals.ts'

/**
 * What a request is about, the most urgent first: the end of a reply; the first sign of one that is being made, and of one
 * that waits in line; how it goes on, and its place in line.
 */
export type Urgency = 'end' | 'begun' | 'waiting' | 'progress' | 'position'

export interface Pace {
  /** Runs a request that writes into a channel when its turn comes. */
  inTurn<T>(channelId: string, urgency: Urgency, action: () => Promise<T>): Promise<T>
  /** Gives up what waits (an end is shown after the next start), and waits for what is on its way. */
  stop(): Promise<void>
}

const priorities: Readonly<Record<Urgency, number>> = { end: 1, begun: 3, waiting: 5, progress: 7, position: 9 }

/**
 * What Slack's library does not see to: about one message or edit a second in a channel, and no live state while Slack
 * has asked for silence (its limits count for the whole workspace, and ends of replies need what is left of them).
 */
export function createPace(channelMs: number, onRefused: (error: unknown) => void): Pace {
  const channels = new Bottleneck.Group({ maxConcurrent: 1, minTime: channelMs, timeout: 10 * 60_000 })
  let silentUntil = 0

  async function attempt<T>(urgency: Urgency, action: () => Promise<T>): Promise<T> {
    const left = silentUntil - Date.now()
    if (urgency !== 'end' && left > 0)
      throw new SurfaceError('later', 'Slack asked for silence', { retryAfterMs: left })
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
    inTurn: (channelId, urgency, action) =>
      channels.key(channelId).schedule({ priority: priorities[urgency] }, () => attempt(urgency, action)),
    async stop() {
      const stopped = channels.limiters().map(async ({ limiter }) => {
        await limiter.stop({ dropWaitingJobs: true })
        await limiter.disconnect()
      })
      await Promise.all(stopped)
    },
  }
}
