/** The routes of Discord's HTTP API that the stand-in serves, named as in its OpenAPI description. */
export const routePatterns = [
  'GET /gateway',
  'GET /gateway/bot',
  'GET /users/@me',
  'PATCH /users/@me',
  'POST /users/@me/channels',
  'GET /users/{user_id}',
  'GET /applications/@me',
  'GET /oauth2/applications/@me',
  'GET /applications/{application_id}/commands',
  'PUT /applications/{application_id}/commands',
  'GET /applications/{application_id}/guilds/{guild_id}/commands',
  'PUT /applications/{application_id}/guilds/{guild_id}/commands',
  'GET /guilds/{guild_id}',
  'GET /guilds/{guild_id}/channels',
  'GET /guilds/{guild_id}/members/{user_id}',
  'GET /guilds/{guild_id}/threads/active',
  'GET /channels/{channel_id}',
  'PATCH /channels/{channel_id}',
  'DELETE /channels/{channel_id}',
  'POST /channels/{channel_id}/typing',
  'GET /channels/{channel_id}/messages',
  'POST /channels/{channel_id}/messages',
  'GET /channels/{channel_id}/messages/{message_id}',
  'PATCH /channels/{channel_id}/messages/{message_id}',
  'DELETE /channels/{channel_id}/messages/{message_id}',
  'POST /channels/{channel_id}/messages/{message_id}/threads',
  'POST /channels/{channel_id}/threads',
  'GET /channels/{channel_id}/thread-members',
  'PUT /channels/{channel_id}/thread-members/@me',
  'PUT /channels/{channel_id}/thread-members/{user_id}',
  'POST /interactions/{interaction_id}/{interaction_token}/callback',
  'POST /webhooks/{webhook_id}/{webhook_token}',
  'GET /webhooks/{webhook_id}/{webhook_token}/messages/@original',
  'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original',
  'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original',
  'GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}',
  'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}',
  'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}',
] as const
export type RoutePattern = (typeof routePatterns)[number]

export interface MatchedRoute {
  readonly pattern: RoutePattern
  /** The values of the pattern's braces, by name. */
  readonly params: Readonly<Record<string, string>>
}

const matchers = routePatterns.map((pattern) => ({
  pattern,
  names: [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
  // a route with a literal stands above the same one with a name, so the first match is the right one
  expression: new RegExp(`^${pattern.replace(/\{\w+\}/g, '([^/]+)')}$`),
}))

/** Finds the route of a request; `path` is without /api/v10 and decoded. */
export function matchRoute(method: string, path: string): MatchedRoute | undefined {
  for (const { pattern, names, expression } of matchers) {
    const match = expression.exec(`${method} ${path}`)
    if (match) return { pattern, params: Object.fromEntries(names.map((name, i) => [name, match[i + 1]!])) }
  }
  return undefined
}
