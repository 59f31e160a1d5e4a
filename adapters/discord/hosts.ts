/** The hosts that hold Discord's files. */
const fileHosts: readonly string[] = ['cdn.discordapp.com', 'media.discordapp.net']

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * A link as an address of one of Discord's files: on its own hosts, or below the configured address of its files; over
 * https (over http for a local address that was configured). Undefined for every other link.
 */
export function fileAddress(link: string, cdnUrl: string): URL | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined
  if (!url || url.username !== '' || url.password !== '') return undefined
  if (url.protocol === 'https:' && fileHosts.includes(url.host)) return url
  const cdn = new URL(cdnUrl)
  const isOwn = url.protocol === cdn.protocol && url.host === cdn.host
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  return isOwn && isSafe ? url : undefined
}
