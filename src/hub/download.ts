import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { sha256OfFile } from '../weights/file-hash.ts'
import { blobOf } from './cache.ts'
import { broken, type Answer, type HubConnection } from './connection.ts'
import { openPartial, type Part, type PartialFile } from './partial-file.ts'
import { askFile, type HubFile } from './repository.ts'

export interface DownloadOptions {
  /** Called with bytes that arrived; negative where they have to be fetched again. */
  readonly onBytes?: (count: number) => void
  readonly signal?: AbortSignal | undefined
  /** Bytes that one connection fetches of a large file. */
  readonly partBytes?: number
  /** Connections to one file at a time. */
  readonly connections?: number
}

export interface WantedFile {
  readonly repository: string
  readonly commit: string
  readonly file: HubFile
}

/** State of a download on disk is renewed after so many bytes. */
const saveEveryBytes = 32 << 20

/** The server sends whole files only. */
class NoRanges extends Error {}

/**
 * Brings one file into the cache's blobs, unless it is there: in parallel ranges, going on where an earlier run stopped,
 * and under its name only when size and hash are right. Returns the blob's path.
 * Throws AppError `weights/hash-mismatch` for wrong bytes (nothing of them is kept), `hub/unreachable`, `storage/full`.
 */
export async function downloadFile(hub: HubConnection, wanted: WantedFile, options: DownloadOptions = {}) {
  const { repository, file } = wanted
  const blob = blobOf(hub.settings.cache, repository, file)
  if (existsSync(blob)) return blob
  await mkdir(path.dirname(blob), { recursive: true })
  const { partBytes = 64 << 20 } = options
  const partial = await openPartial(blob, file.sizeBytes, partBytes)
  try {
    await fetchParts(hub, wanted, partial, options)
  } catch (error) {
    if (error instanceof NoRanges) {
      options.onBytes?.(-partial.parts.reduce((sum, { done }) => sum + done, 0))
      await partial.discard()
      return downloadFile(hub, wanted, { ...options, partBytes: Infinity })
    }
    await partial.save().catch(() => undefined) // a full disk: the next run begins a little earlier
    await partial.close()
    throw asStorageError(error, blob)
  }
  const actual = await hashOf(`${blob}.llmga-partial`, file)
  if (actual !== (file.sha256 ?? file.gitSha1)) {
    await partial.discard()
    throw wrongBytes(hub, wanted, actual)
  }
  await partial.finish(blob)
  return blob
}

/** Several connections, each taking the next part that is not complete. */
async function fetchParts(hub: HubConnection, wanted: WantedFile, partial: PartialFile, options: DownloadOptions) {
  const { connections = 4 } = options
  const waiting = partial.parts.filter(({ start, end, done }) => start + done < end)
  let unsaved = 0
  const arrived = async (count: number) => {
    options.onBytes?.(count)
    unsaved += count
    if (unsaved < saveEveryBytes) return
    unsaved = 0
    await partial.save()
  }
  const isAlone = partial.parts.length === 1
  async function work(): Promise<void> {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const own = part
      const fetch = () => fetchPart(hub, wanted, { partial, part: own, isAlone, arrived, signal: options.signal })
      try {
        await hub.retried(`${wanted.file.path} of ${wanted.repository}`, fetch, options.signal)
      } catch (error) {
        waiting.length = 0 // the others end their part and begin no more
        throw error
      }
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: connections }, work))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

interface PartWork {
  readonly partial: PartialFile
  readonly part: Part
  readonly isAlone: boolean
  readonly arrived: (count: number) => Promise<void>
  readonly signal: AbortSignal | undefined
}

async function fetchPart(hub: HubConnection, wanted: WantedFile, work: PartWork): Promise<void> {
  const { part, partial, arrived } = work
  const from = part.start + part.done
  const answer = await askFile(hub, { ...wanted, path: wanted.file.path }, [from, part.end], work.signal)
  checkDescription(hub, wanted, answer)
  if (answer.status === 416) {
    answer.body.resume()
    throw changed(hub, wanted, `it ends before byte ${from}`)
  }
  if (answer.status === 200 && (from > 0 || part.end < wanted.file.sizeBytes)) {
    answer.body.destroy()
    if (!work.isAlone) throw new NoRanges()
    await arrived(-part.done)
    part.done = 0
    throw broken('the server does not send parts') // the whole file is asked for next
  }
  let at = from
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      if (at + chunk.length > part.end) throw changed(hub, wanted, 'more bytes come than it has')
      await partial.handle.write(chunk, 0, chunk.length, at)
      at += chunk.length
      part.done += chunk.length
      await arrived(chunk.length)
    }
  } catch (error) {
    if (error instanceof AppError || isDiskError(error)) throw error
    throw broken('the connection broke', error)
  }
  if (at < part.end) throw broken(`the connection ended after ${at - part.start} of ${part.end - part.start} bytes`)
}

/** The hub says again what it sends, before it sends elsewhere: another hash there is another file. */
function checkDescription(hub: HubConnection, wanted: WantedFile, { headers, body }: Answer): void {
  const etag = headers['x-linked-etag']
  const said = typeof etag === 'string' ? etag.replace(/^W\//, '').replaceAll('"', '') : undefined
  if (said === undefined || said === wanted.file.sha256 || said === wanted.file.gitSha1) return
  body.destroy()
  throw changed(hub, wanted, `its hash there is ${said.slice(0, 12)}…`)
}

const changed = ({ settings }: HubConnection, { repository, file }: WantedFile, what: string) =>
  new AppError('weights/hash-mismatch', {
    message: `${settings.endpoint} sends another ${file.path} of ${repository} than it lists: ${what}`,
    hint: 'Run the same command again; if it stays so, the mirror is wrong: check HF_ENDPOINT.',
    details: { file: file.path },
  })

const wrongBytes = ({ settings }: HubConnection, { repository, file }: WantedFile, actual: string) =>
  new AppError('weights/hash-mismatch', {
    message: `${file.path} of ${repository}, as ${settings.endpoint} sent it, is not the file that it lists: its hash is ${actual.slice(0, 12)}…, not ${(file.sha256 ?? file.gitSha1)!.slice(0, 12)}…`,
    hint: 'Nothing of it was kept. Run the same command again; if it stays so, check HF_ENDPOINT and the connection.',
    details: { file: file.path, actual },
  })

/** Hash of a file in the way in which its repository names it: sha256, or git's sha1 of a small file. */
export async function hashOf(file: string, { gitSha1, sha256 }: Pick<HubFile, 'gitSha1' | 'sha256'>): Promise<string> {
  if (sha256 !== undefined || gitSha1 === undefined) return sha256OfFile(file)
  return gitSha1OfFile(file)
}

/** git's hash of a file: sha1 over `blob LENGTH\0` and its bytes. */
export async function gitSha1OfFile(file: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file)) chunks.push(chunk as Buffer) // git keeps small files only
  const bytes = Buffer.concat(chunks)
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

const diskErrors = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EFBIG']
const isDiskError = (error: unknown): boolean => diskErrors.includes((error as NodeJS.ErrnoException).code ?? '')

function asStorageError(error: unknown, blob: string): unknown {
  if (!isDiskError(error)) return error
  return new AppError('storage/full', {
    message: `${path.dirname(blob)} cannot be written: ${(error as Error).message}`,
    hint: 'Make room, or choose another folder with HF_HUB_CACHE; the same command then goes on where it stopped.',
    cause: error,
  })
}
