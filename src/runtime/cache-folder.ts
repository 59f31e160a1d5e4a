import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'

/** A folder that is being written; `keep` makes it an entry. */
export interface EntryDraft {
  readonly folder: string
  /** Makes the draft an entry unless another process was faster; either way there is one afterwards. Returns its folder. */
  readonly keep: () => Promise<string>
  readonly discard: () => Promise<void>
}

/** Entries by key, each a folder of files. Safe to delete at any time while no process uses it. */
export interface CacheFolder {
  /** The entry's folder when all of it is there. */
  find(key: string): Promise<string | undefined>
  /** A place to write an entry. Throws AppError `storage/full` when the disk has no room for one of `sizeBytes`. */
  draft(key: string, sizeBytes: number): Promise<EntryDraft>
  forget(key: string): Promise<void>
  keys(): Promise<readonly string[]>
}

/** Written last: sizes of the other files. A cut off weight file would be a fault of memory, not an exception. */
const sizesName = 'sizes.json'
const draftPrefix = 'draft-'
/** Drafts of a crashed process are taken away after this. */
const draftLifetimeMs = 24 * 3600 * 1000

/**
 * Opens the cache in `parent`. Entries appear by renaming a finished folder, so a crash leaves none that is half
 * written, and several processes may share one cache. `main` is the file without which there is no entry.
 */
export function openCacheFolder(parent: string, main: string): CacheFolder {
  const folderOf = (key: string) => path.join(parent, key)
  return {
    async find(key) {
      const folder = folderOf(key)
      if (!(await isWhole(folder, main))) return undefined
      const now = new Date()
      await utimes(folder, now, now).catch(() => undefined) // last use, for whoever tidies up
      return folder
    },
    async draft(key, sizeBytes) {
      await mkdir(parent, { recursive: true })
      await removeOldDrafts(parent)
      const { bavail, bsize } = await statfs(parent)
      if (bavail * bsize < sizeBytes)
        throw new AppError('storage/full', { message: `${parent}: there is no room for ${sizeBytes} bytes` })
      const draft = path.join(parent, `${draftPrefix}${process.pid}-${randomUUID()}`)
      await mkdir(draft)
      return {
        folder: draft,
        keep: () => keepDraft(draft, folderOf(key), main),
        discard: () => rm(draft, { recursive: true, force: true }),
      }
    },
    forget: (key) => rm(folderOf(key), { recursive: true, force: true }),
    keys: async () => (await readdir(parent)).filter((name) => !name.startsWith(draftPrefix)),
  }
}

async function keepDraft(draft: string, folder: string, main: string): Promise<string> {
  const sizes: Record<string, number> = {}
  for (const name of await readdir(draft)) sizes[name] = (await stat(path.join(draft, name))).size
  await writeFile(path.join(draft, sizesName), JSON.stringify(sizes))
  if (!(await isWhole(folder, main))) await rm(folder, { recursive: true, force: true }) // absent, or damaged
  try {
    await rename(draft, folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    await rm(draft, { recursive: true, force: true }) // another process was faster; its entry is the same
  }
  return folder
}

async function isWhole(folder: string, main: string): Promise<boolean> {
  try {
    const sizes = JSON.parse(await readFile(path.join(folder, sizesName), 'utf8')) as Record<string, number>
    for (const [name, size] of Object.entries(sizes))
      if ((await stat(path.join(folder, name))).size !== size) return false
    return Object.hasOwn(sizes, main)
  } catch {
    return false // absent or damaged: it is made again
  }
}

async function removeOldDrafts(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const draft = path.join(parent, name)
    if (!name.startsWith(draftPrefix)) continue
    const changed = (await stat(draft).catch(() => undefined))?.mtimeMs ?? Infinity
    if (Date.now() - changed > draftLifetimeMs) await rm(draft, { recursive: true, force: true })
  }
}
