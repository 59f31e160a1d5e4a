import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Bot } from '../../src/contract/adapter.ts'
import type { Person } from '../../src/contract/thread.ts'
import type { Feeds } from './feed.ts'
import type { WebLimits } from './options.ts'

/** What the middleware hands to the routes. Bindings are absent where no server is (tests with `request`). */
export interface WebEnv {
  readonly Bindings: Partial<HttpBindings>
  readonly Variables: { person: Person }
}

export type WebContext = Context<WebEnv>

/** What every route works with. */
export interface RouteDeps {
  /** Throws AppError before the adapter has started. */
  readonly bot: () => Bot
  readonly feeds: Feeds
  readonly limits: WebLimits
  /** Whether people sign in with a token. */
  readonly signIn: boolean
}
