import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A file of a repository; `lfs` ones lie in the storage server, as large files do. */
export interface StandInFile {
  readonly bytes: Uint8Array
  readonly lfs?: boolean
}

export interface StandInRepository {
  readonly files: Readonly<Record<string, StandInFile>>
  readonly licence?: string
  /** Only the holder of this token may read it. */
  readonly gate?: string
}

/** What goes wrong with the next answer for a file's bytes. */
export type Fault =
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: 'wrong-bytes' }
  | { readonly kind: 'no-ranges' }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'other-etag' }

export interface Seen {
  readonly server: 'hub' | 'storage'
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

/** A hub on this machine: its API, and a second server that stands for the storage behind it. */
export interface StandInHub {
  readonly endpoint: string
  /** Host and port of the storage server. */
  readonly storageHost: string
  readonly seen: readonly Seen[]
  readonly repositories: Map<string, StandInRepository>
  /** Faults of the next answers with bytes of a file, one each. */
  readonly faults: Fault[]
  readonly commit: string
  close(): Promise<void>
}

const hex = (algorithm: 'sha1' | 'sha256', ...parts: readonly (string | Uint8Array)[]) => {
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
export const gitSha1 = (bytes: Uint8Array): string => hex('sha1', `blob ${bytes.length}\0`, bytes)
export const sha256 = (bytes: Uint8Array): string => hex('sha256', bytes)

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const hostOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`

export async function startHub(repositories: Readonly<Record<string, StandInRepository>>): Promise<StandInHub> {
  const seen: Seen[] = []
  const faults: Fault[] = []
  const known = new Map(Object.entries(repositories))
  const commit = '0123456789abcdef0123456789abcdef01234567'

  const note = (server: Seen['server'], { url = '', headers }: IncomingMessage) =>
    seen.push({ server, path: url, range: headers.range, authorization: headers.authorization })

  function fail(response: ServerResponse, status: number, code?: string) {
    response.writeHead(status, code === undefined ? {} : { 'x-error-code': code }).end('{}')
  }

  function list(name: string, response: ServerResponse) {
    const { files, licence } = known.get(name)!
    const siblings = Object.entries(files).map(([rfilename, { bytes, lfs }]) => ({
      rfilename,
      size: bytes.length,
      blobId: gitSha1(bytes),
      ...(lfs && { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
    }))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: name, sha: commit, siblings, cardData: { license: licence ?? 'mit' } }))
  }

  function sendBytes(request: IncomingMessage, response: ServerResponse, original: Uint8Array) {
    const fault = faults.shift()
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter)
      return void response.writeHead(fault.status).end()
    }
    const bytes = fault?.kind === 'wrong-bytes' ? original.map((byte) => byte ^ 1) : original
    const range = fault?.kind === 'no-ranges' ? undefined : /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (range && Number(range[1]) >= bytes.length) return void response.writeHead(416).end()
    const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, bytes.length]
    const part = Buffer.from(bytes.slice(start, end))
    response.writeHead(range ? 206 : 200, {
      'content-length': part.length,
      ...(range && { 'content-range': `bytes ${start}-${start + part.length - 1}/${bytes.length}` }),
    })
    if (fault?.kind !== 'cut') return void response.end(part)
    response.write(part.subarray(0, fault.afterBytes), () => response.destroy())
  }

  const storage = await listen((request, response) => {
    note('storage', request)
    const [name, path] = decodeURIComponent(request.url!.slice(1)).split('?') as [string, string]
    sendBytes(request, response, known.get(name)!.files[path]!.bytes)
  })

  const hub = await listen((request, response) => {
    note('hub', request)
    const url = decodeURIComponent(request.url ?? '')
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^?]+)/.exec(url)
    const resolve = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url)
    const [, name, revision, path] = api ?? resolve ?? []
    const repository = name === undefined ? undefined : known.get(name)
    const { authorization } = request.headers
    if (!repository) return fail(response, authorization === undefined ? 401 : 404, 'RepoNotFound')
    if (repository.gate !== undefined && authorization !== `Bearer ${repository.gate}`)
      return fail(response, authorization === undefined ? 401 : 403, 'GatedRepo')
    if (revision !== 'main' && revision !== commit) return fail(response, 404, 'RevisionNotFound')
    if (api) return list(name!, response)
    const file = repository.files[path!]
    if (!file) return fail(response, 404, 'EntryNotFound')
    const etag = faults[0]?.kind === 'other-etag' ? sha256(Buffer.from('another')) : sha256(file.bytes)
    response.setHeader('x-repo-commit', commit)
    if (!file.lfs) return sendBytes(request, response, file.bytes)
    response.setHeader('x-linked-etag', `"${etag}"`)
    response.setHeader('x-linked-size', file.bytes.length)
    const [fault] = faults
    const to = fault?.kind === 'redirect' ? fault.to : `http://${hostOf(storage)}/${encodeURIComponent(name!)}?${path}`
    if (fault?.kind === 'redirect') faults.shift()
    response.writeHead(302, { location: to }).end()
  })

  return {
    endpoint: `http://${hostOf(hub)}`,
    storageHost: hostOf(storage),
    seen,
    repositories: known,
    faults,
    commit,
    async close() {
      for (const server of [hub, storage]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}
