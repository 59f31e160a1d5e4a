import { isIP } from 'node:net'
import { AppError } from '../../src/contract/errors.ts'

/** One token that opens the page. With a name it stands for that person; without, every browser is its own person. */
export interface WebToken {
  readonly name?: string
  readonly token: string
}

export interface WebOptions {
  /** The address that the server is bound to, e.g. '127.0.0.1' or '0.0.0.0'. */
  readonly host: string
  /** Needed as soon as others can reach the page; empty means that there is one person, the local one. */
  readonly tokens: readonly WebToken[]
  /** Where the page is reached from outside (through a proxy), e.g. 'https://draw.example.org'. */
  readonly publicUrl?: string
  readonly limits?: Partial<WebLimits>
}

export interface WebLimits {
  readonly jsonBytes: number
  /** A whole multipart message. */
  readonly uploadBytes: number
  readonly fileBytes: number
  readonly filesPerMessage: number
  /** Open event streams of one person. */
  readonly feedsPerPerson: number
  /** Wrong tokens from one address before it has to wait. */
  readonly loginAttempts: number
  readonly loginWindowMs: number
  /** Shortest time between two updates of one stream; the newest state wins. */
  readonly coalesceMs: number
  readonly heartbeatMs: number
}

/** Two files of the largest size, and words. */
const uploadBytesFor = (fileBytes: number): number => 2 * fileBytes + 8 * 1024 * 1024

export const defaultLimits: WebLimits = {
  jsonBytes: 256 * 1024,
  uploadBytes: uploadBytesFor(20 * 1024 * 1024),
  fileBytes: 20 * 1024 * 1024,
  filesPerMessage: 4,
  feedsPerPerson: 24,
  loginAttempts: 10,
  loginWindowMs: 5 * 60_000,
  coalesceMs: 40,
  heartbeatMs: 15_000,
}

/** The options with every limit filled in. Throws AppError('config/invalid') for a page that anyone could open. */
export function resolveOptions(options: WebOptions): WebOptions & { readonly limits: WebLimits } {
  const outside = !isLoopback(options.host) ? options.host : publicHost(options.publicUrl)
  if (outside !== undefined && options.tokens.length === 0) {
    throw new AppError('config/invalid', {
      message: `The page would be open to everyone who can reach ${outside}, and no token protects it.`,
      hint: 'Set LLMGA_HTTP_TOKEN, or bind to 127.0.0.1 and leave LLMGA_PUBLIC_URL empty.',
    })
  }
  if (options.tokens.some(({ token }) => token === '')) {
    throw new AppError('config/invalid', { message: 'A web token is empty.', hint: 'Give it at least 16 characters.' })
  }
  const { fileBytes } = { ...defaultLimits, ...options.limits }
  return { ...options, limits: { ...defaultLimits, uploadBytes: uploadBytesFor(fileBytes), ...options.limits } }
}

/** Whether a host name or address means this machine only. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

function publicHost(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined
  const { hostname } = new URL(publicUrl)
  return isLoopback(hostname) ? undefined : hostname
}
