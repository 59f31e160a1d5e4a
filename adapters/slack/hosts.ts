const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * A link as an address at Slack: below slack.com over https, or at the configured API's own host (over http for a local
 * one). Undefined for every other link: only these are shown the token.
 */
export function slackAddress(link: string, apiUrl: string): URL | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined
  if (!url || url.username !== '' || url.password !== '') return undefined
  if (url.protocol === 'https:' && url.port === '' && /(^|\.)slack\.com$/.test(url.hostname)) return url
  const api = new URL(apiUrl)
  const isOwn = url.protocol === api.protocol && url.host === api.host
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  return isOwn && isSafe ? url : undefined
}
