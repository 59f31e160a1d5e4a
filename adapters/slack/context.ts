import type { Bot } from '../../src/contract/adapter.ts'
import type { AdapterLog } from '../chat/log.ts'
import type { Poster } from '../chat/poster.ts'
import type { Identity } from './connection.ts'
import type { InOrder } from './in-order.ts'
import type { SlackOptions, SlackTiming } from './options.ts'
import type { People } from './people.ts'
import type { PrivateAnswers } from './private-answers.ts'
import type { createSeen } from './seen.ts'
import type { Threads } from './threads.ts'
import type { WebClient } from './web-client.ts'

/** What everything that receives works with. */
export interface SlackContext {
  readonly bot: Bot
  readonly client: WebClient
  readonly options: SlackOptions
  readonly timing: SlackTiming
  readonly log: AdapterLog
  readonly people: People
  readonly threads: Threads
  readonly poster: Poster
  readonly answers: PrivateAnswers
  readonly identity: () => Identity
  readonly seen: ReturnType<typeof createSeen>
  readonly inOrder: InOrder
}
