import { setTimeout as sleep } from 'node:timers/promises'
import type { Receiver, ReceiverEvent } from '@slack/bolt'
import { webApi } from '@slack/bolt'
import type { Adapter, Bot } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { AdapterLog } from '../chat/log.ts'
import { createPoster, type Poster } from '../chat/poster.ts'
import { createConnection, type Identity } from './connection.ts'
import { download } from './download.ts'
import { createHttpHandler } from './http.ts'
import { createInOrder } from './in-order.ts'
import { createBolt, listen } from './listen.ts'
import { slackLimits, slackPlatform, usualTiming, type SlackOptions } from './options.ts'
import { createPace } from './pace.ts'
import { createPeople } from './people.ts'
import { createPrivateAnswers } from './private-answers.ts'
import { isTokenRefused } from './refusals.ts'
import { createSeen } from './seen.ts'
import { createSlackSurface } from './send.ts'
import { createSocket } from './socket.ts'
import { createThreads } from './threads.ts'
import { clientOptions } from './web-client.ts'

export interface SlackAdapter extends Adapter {
  /** Takes Slack's signed requests (POST /slack/events); absent without a signing secret. */
  readonly handleHttp?: (request: Request) => Promise<Response>
}

/** What is being handled is waited for no longer than this when the adapter stops. */
const mostStopMs = 5000

/** Receives nothing itself: events come by `handleHttp`. */
const noReceiver: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined }

/**
 * Slack, by Socket Mode (with an app token), by HTTP (with a signing secret), or by both. `start` resolves at once; the
 * connection is made and kept in the background, see `status`.
 */
export function createSlackAdapter(options: SlackOptions, log: AdapterLog): SlackAdapter {
  const timing = { ...usualTiming, ...options.timing }
  const client = new webApi.WebClient(options.botToken, clientOptions(options, timing, log))
  client.on(webApi.WebClientEvent.RATE_LIMITED, (seconds: number) =>
    log.debug({ waitMs: seconds * 1000 }, 'Slack asks to wait'),
  )
  const socket = options.appToken === undefined ? undefined : createSocket(options.appToken, options, timing, log)
  const connection = createConnection(
    {
      identify: () => identify(client),
      ...(socket ? { open: socket.open } : {}),
      close: async () => socket?.close(),
    },
    { timing, log },
  )
  const identity = (): Identity => {
    const known = connection.identity()
    if (known) return known
    throw new AppError('internal', { message: 'Slack has not been connected yet', retryable: true })
  }
  const app = createBolt({ options, timing, log, receiver: socket?.receiver ?? noReceiver, identity })
  const pace = createPace(timing.channelMs, (error) => isTokenRefused(error) && connection.doubt(error))
  const working = new Set<Promise<void>>()
  let poster: Poster | undefined

  /** Has `stop` wait for what is being handled. */
  async function process(event: ReceiverEvent): Promise<void> {
    const handled = app.processEvent(event)
    working.add(handled)
    await handled.finally(() => working.delete(handled))
  }

  const handleHttp =
    options.signingSecret === undefined
      ? undefined
      : createHttpHandler({
          signingSecret: options.signingSecret,
          log,
          isReady: () => connection.identity() !== undefined && poster !== undefined,
          process,
        })

  function begin(bot: Bot): void {
    const notes = bot.notes(slackPlatform)
    const surface = createSlackSurface({
      ...{ client, bot, options, timing, pace },
      botUserId: () => identity().botUserId,
    })
    poster = createPoster({ surface, notes, log, intervalMs: timing.editMs })
    const people = createPeople(client, () => identity().teamId)
    const answers = createPrivateAnswers({ client, options, timing, log })
    const tools = { bot, client, options, timing, log, people, answers, poster, identity }
    listen(app, { ...tools, threads: createThreads(notes), seen: createSeen(), inOrder: createInOrder() })
    connection.start()
  }

  return {
    platform: slackPlatform,
    capabilities: {
      textLimit: slackLimits.section,
      fileLimitBytes: slackLimits.fileBytes,
      streaming: true,
      modals: true,
      ephemeral: true,
      shared: true,
      spoilers: false,
    },
    start: async (bot) => begin(bot),
    async render(message) {
      if (!poster) throw new AppError('internal', { message: 'Slack was used before it was started' })
      await poster.render(message)
    },
    async stop() {
      await connection.stop()
      await Promise.race([Promise.allSettled(working), sleep(mostStopMs, undefined, { ref: false })])
      const silent = poster?.stop() // shows no more states; what still waits for its turn is given up
      await pace.stop()
      await silent
    },
    status: connection.status,
    download: (url, limitBytes, signal) => download(url, limitBytes, signal, options),
    ...(handleHttp ? { handleHttp } : {}),
  }
}

/** Whom the token belongs to. */
async function identify(client: webApi.WebClient): Promise<Identity> {
  const { team_id, user_id, bot_id } = await client.auth.test()
  return { teamId: team_id ?? '', botUserId: user_id ?? '', botId: bot_id ?? '' }
}
