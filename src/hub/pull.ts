import { statSync } from 'node:fs'
import { mkdir, open, readFile, rm, statfs } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { blobOf, linkSnapshot, repositoryFolder, snapshotFolder, writeRef } from './cache.ts'
import type { HubConnection } from './connection.ts'
import { downloadFile, hashOf, type DownloadOptions } from './download.ts'
import type { Repository } from './hub-settings.ts'
import { bytesHere } from './partial-file.ts'
import { listRepository, type HubFile } from './repository.ts'

/** What a download will do, before it does it. */
export interface PullPlan extends Repository {
  readonly commit: string
  readonly licence: string | undefined
  /** The files that are wanted. */
  readonly files: readonly HubFile[]
  /** Those that are not here, or are here with wrong bytes. */
  readonly missing: readonly HubFile[]
  /** Bytes that have to be fetched. */
  readonly missingBytes: number
}

/** Chooses files of a repository. Throws where one that is needed is not there. */
export type FileChoice = (files: readonly HubFile[], wanted: Repository) => readonly HubFile[]

/** Asks the hub what there is, and looks what is here. Throws as `listRepository` does. */
export async function planPull(
  hub: HubConnection,
  wanted: Repository,
  choose: FileChoice,
  signal?: AbortSignal,
): Promise<PullPlan> {
  const { commit, licence, files: all } = await listRepository(hub, wanted, signal)
  const files = choose(all, wanted)
  const missing: HubFile[] = []
  let missingBytes = 0
  for (const file of files) {
    const blob = blobOf(hub.settings.cache, wanted.repository, file)
    if (await isRight(blob, file)) continue
    missing.push(file)
    missingBytes += file.sizeBytes - (await bytesHere(blob, file.sizeBytes))
  }
  return { repository: wanted.repository, revision: wanted.revision, commit, licence, files, missing, missingBytes }
}

/** Whether a blob is there with the bytes that its name says. */
async function isRight(blob: string, file: HubFile): Promise<boolean> {
  const found = statSync(blob, { throwIfNoEntry: false })
  if (found?.size !== file.sizeBytes) return false
  return (await hashOf(blob, file)) === path.basename(blob)
}

/** Room that is left beside the models. */
const spareBytes = 256 << 20

/** Throws AppError `storage/full` where the cache's disk has too little room, with both figures. */
export async function checkRoom(cache: string, bytes: number): Promise<void> {
  if (bytes === 0) return
  await mkdir(cache, { recursive: true }).catch((cause: unknown) => {
    throw new AppError('storage/full', {
      message: `the folder ${cache} cannot be made`,
      hint: 'Choose another folder with HF_HUB_CACHE.',
      cause,
    })
  })
  const { bavail, bsize } = await statfs(cache)
  const free = bavail * bsize
  if (free >= bytes + spareBytes) return
  throw new AppError('storage/full', {
    message: `${gibibytes(bytes)} have to be downloaded, and ${cache} has room for ${gibibytes(free)}`,
    hint: 'Make room ("llmga models remove NAME"), or choose another folder with HF_HUB_CACHE.',
    details: { neededBytes: bytes, freeBytes: free },
  })
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

export interface PullOptions extends DownloadOptions {
  readonly onFile?: (file: HubFile, state: 'begun' | 'done') => void
}

/**
 * Downloads what the plan lacks. The snapshot gets its files, and the revision its name, when all are here and right, so
 * that a model is there as a whole or not at all. Returns the snapshot's folder.
 * Throws as `downloadFile` does, and AppError `storage/locked` while another program downloads the same repository.
 */
export async function pull(hub: HubConnection, plan: PullPlan, options: PullOptions = {}): Promise<string> {
  const { cache } = hub.settings
  const { repository, commit, files, missing } = plan
  const unlock = await lock(repositoryFolder(cache, repository), repository)
  try {
    for (const file of missing) {
      await rm(blobOf(cache, repository, file), { force: true }) // wrong bytes
      options.onFile?.(file, 'begun')
      await downloadFile(hub, { repository, commit, file }, options)
      options.onFile?.(file, 'done')
    }
    await linkSnapshot(cache, plan, files)
    await writeRef(cache, plan, commit)
    return snapshotFolder(cache, repository, commit)
  } finally {
    await unlock()
  }
}

/** One download of a repository at a time; a lock that a killed program left is taken over. */
async function lock(folder: string, repository: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, '.llmga-lock')
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = await open(file, 'wx')
      await handle.writeFile(String(process.pid))
      await handle.close()
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (isAlive(Number(await readFile(file, 'utf8').catch(() => '')))) break
      await rm(file, { force: true })
    }
  }
  throw new AppError('storage/locked', {
    message: `another program is downloading ${repository}`,
    hint: `Wait for it; if there is none, delete ${file}.`,
  })
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
