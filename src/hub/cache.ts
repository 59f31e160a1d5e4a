import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { HubFile } from './repository.ts'
import type { Repository } from './hub-settings.ts'

/** A file of a snapshot, with the hash that its name among the blobs says. */
export interface CachedFile {
  readonly path: string
  /** Absolute path below the snapshot: the one to read. */
  readonly file: string
  readonly sha256?: string
  readonly gitSha1?: string
}

/** The folder of a repository in the cache: `models--OWNER--NAME`, as all tools of the hub name it. */
export const repositoryFolder = (cache: string, repository: string): string =>
  path.join(cache, `models--${repository.replaceAll('/', '--')}`)

export const blobsFolder = (cache: string, repository: string): string =>
  path.join(repositoryFolder(cache, repository), 'blobs')

/** Where the bytes of a file lie, whatever it is called: by their hash. */
export const blobOf = (cache: string, repository: string, { sha256, gitSha1 }: HubFile): string =>
  path.join(blobsFolder(cache, repository), sha256 ?? gitSha1!)

export const snapshotFolder = (cache: string, repository: string, commit: string): string =>
  path.join(repositoryFolder(cache, repository), 'snapshots', commit)

const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/** The commit that a revision stands for here; undefined where nothing of it was downloaded. */
export function cachedCommit(cache: string, { repository, revision }: Repository): string | undefined {
  const has = (commit: string) => existsSync(snapshotFolder(cache, repository, commit))
  if (isCommit(revision)) return has(revision) ? revision : undefined
  const ref = path.join(repositoryFolder(cache, repository), 'refs', ...revision.split('/'))
  try {
    const commit = readFileSync(ref, 'utf8').trim()
    return isCommit(commit) && has(commit) ? commit : undefined
  } catch {
    return undefined // never downloaded under this name
  }
}

/** The folder of a repository at a revision, where it was downloaded, by whatever tool. */
export function cachedSnapshot(cache: string, wanted: Repository): string | undefined {
  const commit = cachedCommit(cache, wanted)
  return commit === undefined ? undefined : snapshotFolder(cache, wanted.repository, commit)
}

/** Every file below a folder, by its path there; a link whose file is gone is left out. */
export function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const relative = path.posix.join(below, entry.name)
    if (entry.isDirectory()) return filesBelow(folder, relative)
    return statSync(path.join(folder, relative), { throwIfNoEntry: false })?.isFile() ? [relative] : []
  })
}

/** A file of a snapshot. Its hash is known where it is a link to a blob, as tools make it on all but some Windows. */
export function cachedFile(snapshot: string, relative: string): CachedFile {
  const file = path.join(snapshot, ...relative.split('/'))
  const blob = realpathSync(file)
  const name = path.basename(blob)
  if (path.basename(path.dirname(blob)) !== 'blobs') return { path: relative, file }
  if (/^[0-9a-f]{64}$/.test(name)) return { path: relative, file, sha256: name }
  return /^[0-9a-f]{40}$/.test(name) ? { path: relative, file, gitSha1: name } : { path: relative, file }
}

/** Gives downloaded blobs their names in the snapshot of a commit. What has its name already stays. */
export async function linkSnapshot(
  cache: string,
  { repository, commit }: { readonly repository: string; readonly commit: string },
  files: readonly HubFile[],
): Promise<void> {
  const snapshot = snapshotFolder(cache, repository, commit)
  for (const file of files) {
    const place = path.join(snapshot, ...file.path.split('/'))
    const blob = blobOf(cache, repository, file)
    if (existsSync(place) && realpathSync(place) === realpathSync(blob)) continue
    await mkdir(path.dirname(place), { recursive: true })
    await rm(place, { force: true })
    // Windows allows links to few people: there the file itself takes the place, as the hub's own tools do.
    await symlink(path.relative(path.dirname(place), blob), place).catch(() => copyFile(blob, place))
  }
}

/** Notes which commit a branch or tag stands for: the last thing that a download does. */
export async function writeRef(cache: string, { repository, revision }: Repository, commit: string): Promise<void> {
  if (isCommit(revision)) return
  const ref = path.join(repositoryFolder(cache, repository), 'refs', ...revision.split('/'))
  await mkdir(path.dirname(ref), { recursive: true })
  const temporary = `${ref}.${process.pid}.tmp`
  await writeFile(temporary, commit)
  await rename(temporary, ref)
}
