import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { cachedSnapshot, filesBelow, repositoryFolder } from './cache.ts'
import type { Repository } from './hub-settings.ts'

/**
 * Takes files of a repository out of the cache, and the bytes of those that no other snapshot has; the repository's whole
 * folder when nothing else is left. Returns the bytes that became free.
 */
export async function removeFromCache(cache: string, wanted: Repository, names: readonly string[]): Promise<number> {
  const snapshot = cachedSnapshot(cache, wanted)
  if (snapshot === undefined) return 0
  const folder = repositoryFolder(cache, wanted.repository)
  const blobs = names.map((name) => realpathSync(path.join(snapshot, ...name.split('/'))))
  for (const name of names) await rm(path.join(snapshot, ...name.split('/')))
  const used = new Set(linkedBlobs(folder))
  let freed = 0
  for (const blob of new Set(blobs)) {
    if (used.has(blob) || !existsSync(blob)) continue
    freed += statSync(blob).size
    await rm(blob)
  }
  if (used.size === 0) await rm(folder, { recursive: true })
  return freed
}

/** What the snapshots of a repository lead to. */
function linkedBlobs(folder: string): readonly string[] {
  const snapshots = path.join(folder, 'snapshots')
  return readdirSync(snapshots).flatMap((commit) =>
    filesBelow(path.join(snapshots, commit)).map((name) => realpathSync(path.join(snapshots, commit, name))),
  )
}
