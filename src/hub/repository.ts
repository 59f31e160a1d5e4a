import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import { broken, type Answer, type HubConnection } from './connection.ts'
import type { Repository } from './hub-settings.ts'

/** A file as the hub describes it. */
export interface HubFile {
  /** Path in the repository, with forward slashes. */
  readonly path: string
  readonly sizeBytes: number
  /** Of files in large file storage: sha256 of the bytes. */
  readonly sha256?: string
  /** Of all other files: git's own hash of them. */
  readonly gitSha1?: string
}

export interface RepositoryListing {
  readonly commit: string
  readonly licence: string | undefined
  readonly files: readonly HubFile[]
}

const maxListingBytes = 16 << 20
/** No model is larger; what says so is wrong. */
const maxFileBytes = 2 ** 38

/** Paths that stay inside their folder on every system. */
const filePath = z.string().refine(isSafePath)

const listingSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().min(0).max(maxFileBytes).optional(),
      blobId: z
        .string()
        .regex(/^[0-9a-f]{40}$/)
        .optional(),
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0).max(maxFileBytes) }).nullish(),
    }),
  ),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).nullish() }).nullish(),
})

function isSafePath(path: string): boolean {
  return path.split('/').every((part) => /^[\w][\w .+@=,()-]*$/.test(part) || /^\.[\w-][\w.-]*$/.test(part))
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/**
 * The files of a repository at a revision with sizes and hashes, and the commit that the revision stands for.
 * Throws AppError `model/not-found`, `access/denied` for what is gated, `hub/unreachable`, `weights/corrupt` for an
 * answer that is none.
 */
export async function listRepository(
  hub: HubConnection,
  { repository, revision }: Repository,
  signal?: AbortSignal,
): Promise<RepositoryListing> {
  const path = `/api/models/${encodePath(repository)}/revision/${encodeURIComponent(revision)}?blobs=true`
  const text = await hub.retried(
    `the list of files of ${repository}`,
    async () => {
      const answer = await hub.ask(path, { signal })
      if (answer.status !== 200) throw await refusal(hub, answer, { repository, revision })
      return readText(answer, maxListingBytes)
    },
    signal,
  )
  const listing = parseListing(hub, repository, text)
  const license = listing.cardData?.license ?? undefined
  return {
    commit: listing.sha,
    licence: Array.isArray(license) ? license.join(', ') : license,
    files: listing.siblings.flatMap(({ rfilename, size, blobId, lfs }): HubFile[] => {
      if (!filePath.safeParse(rfilename).success) return [] // no file of a model; it is never asked for
      if (lfs) return [{ path: rfilename, sizeBytes: lfs.size, sha256: lfs.sha256 }]
      return size === undefined || blobId === undefined ? [] : [{ path: rfilename, sizeBytes: size, gitSha1: blobId }]
    }),
  }
}

function parseListing(hub: HubConnection, repository: string, text: string) {
  try {
    return listingSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('weights/corrupt', {
      message: `${hub.settings.endpoint} does not describe ${repository} as a hub does`,
      hint: 'Check HF_ENDPOINT: it is not a hub or a mirror of one.',
      cause,
    })
  }
}

/** Asks for bytes of a file at a commit. Throws AppError as `listRepository` does. */
export async function askFile(
  hub: HubConnection,
  { repository, commit, path }: { readonly repository: string; readonly commit: string; readonly path: string },
  range: readonly [number, number],
  signal?: AbortSignal,
): Promise<Answer> {
  const address = `/${encodePath(repository)}/resolve/${commit}/${encodePath(path)}`
  const answer = await hub.ask(address, { ...(range[1] > range[0] && { range }), signal })
  if (answer.status === 200 || answer.status === 206 || answer.status === 416) return answer
  throw await refusal(hub, answer, { repository, revision: commit }, path)
}

async function readText({ body }: Answer, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) throw new AppError('weights/corrupt', { message: `an answer of more than ${limit} bytes` })
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof AppError ? error : broken('the connection broke', error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What a status means: gated, private or absent. The hub answers 401 for what is absent, too. */
async function refusal(
  { settings }: HubConnection,
  { status, headers, body }: Answer,
  { repository, revision }: Repository,
  path?: string,
): Promise<AppError> {
  body.resume()
  const page = `${settings.endpoint}/${repository}`
  const code = headers['x-error-code']
  if (code === 'GatedRepo' || (status === 403 && code === undefined)) {
    const message = `${repository} is behind a gate: its owner gives it to those who accept its terms`
    const hint =
      settings.token === undefined
        ? `Accept the terms at ${page}, then set HF_TOKEN to a token of your account and try again.`
        : `Accept the terms at ${page} with the account of HF_TOKEN (its token needs the right to read gated models).`
    return new AppError('access/denied', { message, hint, details: { repository } })
  }
  if (code === 'RevisionNotFound')
    return notFound(`${repository} has no revision ${revision}`, `Look at ${page} for those that there are.`)
  if (path !== undefined && status === 404)
    return notFound(`${repository} has no file ${path} at ${revision}`, `Look at ${page}/tree/${revision}.`)
  const hint =
    settings.token === undefined
      ? `Check the name at ${page}; a private repository needs HF_TOKEN.`
      : `Check the name at ${page}, and that HF_TOKEN is valid and may read it.`
  if (status === 401 || status === 404)
    return notFound(`${settings.endpoint} has no repository ${repository} for you`, hint)
  return new AppError('hub/unreachable', { message: `${page} answered ${status}`, hint: 'Check HF_ENDPOINT.' })
}

const notFound = (message: string, hint: string) => new AppError('model/not-found', { message, hint })
