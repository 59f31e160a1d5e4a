import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { AppError } from '../contract/errors.ts'
import type { HubSettings } from './hub-settings.ts'

/** The hub's own hosts and those of its storage, to which large files are redirected. */
const hubHosts = /(^|\.)(huggingface\.co|hf\.co)$/

const privateAddresses = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  privateAddresses.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  privateAddresses.addSubnet(network, bits, 'ipv6')

/** Whether an address is of this machine, of a local network, or of no single machine. */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 4) return privateAddresses.check(address, 'ipv4')
  return privateAddresses.check(address, 'ipv6') // which also looks at IPv4 inside IPv6 (::ffff:10.0.0.1)
}

const nameOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')
const isThisMachine = (url: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(nameOf(url))

const refused = (message: string) =>
  new AppError('access/denied', {
    message,
    hint: 'Check HF_ENDPOINT; a mirror that sends files from other hosts needs them in LLMGA_HUB_HOSTS.',
  })

/** Whether the token may be sent: to the endpoint itself, by scheme, host and port. */
export const mayHaveToken = (url: URL, { endpoint }: HubSettings): boolean => url.origin === new URL(endpoint).origin

/**
 * Refuses an address that a download may not go to: another host than the endpoint's, the hub's or those that are set;
 * plain http; user names in it. Throws AppError `access/denied`.
 */
export function checkAddress(url: URL, { endpoint, hosts = [] }: HubSettings): void {
  const own = new URL(endpoint)
  const isKnown = url.host === own.host || hubHosts.test(url.hostname) || hosts.includes(url.host)
  if (!isKnown) throw refused(`${own.host} sends to ${url.host}, which is not a host that models are downloaded from`)
  if (url.protocol !== 'https:' && !(isThisMachine(own) && url.protocol === own.protocol))
    throw refused(`${url.host} is to be reached by ${url.protocol.slice(0, -1)}, not by https`)
  if (url.username !== '' || url.password !== '') throw refused(`the address at ${url.host} holds a user name`)
  if (isIP(nameOf(url)) !== 0 && isPrivateAddress(nameOf(url)) && !isThisMachine(own))
    throw refused(`${url.host} is an address of a private network`)
}

/**
 * Name look-up for connections: an address of a private network is refused unless the endpoint itself is this machine.
 * The check is made on the very address that is connected to.
 */
export function guardedLookup(settings: HubSettings): LookupFunction {
  const isLocal = isThisMachine(new URL(settings.endpoint))
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '')
      const bad = isLocal ? undefined : addresses.find(({ address }) => isPrivateAddress(address))
      if (bad) return callback(refused(`${hostname} leads to ${bad.address}, an address of a private network`), '')
      if (options.all === true) return callback(null, addresses)
      callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
}
