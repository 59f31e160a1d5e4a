import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { blobFile, blobFolder } from '../conversation/blobs.ts'
import { hashesInUse, recordFolder } from '../conversation/copy-records.ts'
import { lockFolder } from '../conversation/folder-lock.ts'
import { backupVersion } from './backup.ts'
import { readTar, type TarEntry } from './tar.ts'

export interface RestoreReport {
  readonly pictures: number
  /** Pictures that the threads use and that the archive does not have. */
  readonly missing: number
}

/**
 * Puts the records and pictures of an archive into a data folder. Everything is unpacked and checked beside the old data
 * first, so that a damaged archive changes nothing. Throws AppError `storage/locked` while the program runs,
 * `access/denied` for a folder with data (unless `force`), `storage/corrupt` for an archive that does not hold together.
 */
export async function restore(source: string, dataDir: string, { force = false } = {}): Promise<RestoreReport> {
  const unlock = lockFolder(dataDir)
  try {
    if (!force && [recordFolder(dataDir), blobFolder(dataDir)].some((folder) => existsSync(folder)))
      throw new AppError('access/denied', {
        message: `${dataDir} holds data already`,
        hint: 'Restore into another LLMGA_DATA_DIR, or give --force to replace what is there.',
      })
    const staging = await mkdtemp(path.join(dataDir, 'restore-'))
    try {
      const report = await unpack(source, staging)
      await replace(staging, dataDir)
      return report
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  } finally {
    unlock()
  }
}

async function unpack(source: string, staging: string): Promise<RestoreReport> {
  if (!existsSync(source))
    throw new AppError('input/not-found', { message: `no file ${source}`, hint: 'Check the path.' })
  const blobs = new Set<string>()
  for await (const entry of readTar(source)) {
    const sha256 = /^blobs\/([0-9a-f]{64})$/.exec(entry.name)?.[1]
    if (sha256 !== undefined) {
      if ((await write(entry, blobFile(blobFolder(staging), sha256))) !== sha256)
        throw damaged(`${entry.name} was changed`)
      blobs.add(sha256)
    } else if (entry.name === 'records/data.mdb') await write(entry, path.join(recordFolder(staging), 'data.mdb'))
    else if (entry.name === 'llmga-backup.json') await write(entry, path.join(staging, 'llmga-backup.json'))
    else throw damaged(`it holds ${JSON.stringify(entry.name)}`)
  }
  await checkVersion(path.join(staging, 'llmga-backup.json'))
  const used = await hashesInUse(recordFolder(staging)).catch((cause: unknown) => {
    throw damaged(`its records cannot be read (${cause instanceof Error ? cause.message : ''})`)
  })
  return { pictures: blobs.size, missing: [...used].filter((sha256) => !blobs.has(sha256)).length }
}

/** Writes an entry durably. Returns the sha256 of its bytes. */
async function write(entry: TarEntry, file: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true })
  const handle = await open(file, 'wx', 0o600)
  const hash = createHash('sha256')
  try {
    for await (const chunk of entry.chunks()) {
      hash.update(chunk)
      await handle.write(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}

async function checkVersion(manifest: string): Promise<void> {
  if (!existsSync(manifest)) throw damaged('it is not a backup of llmga')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: number }
  if (version === backupVersion) return
  throw new AppError('storage/newer-version', {
    message: `the backup has version ${version}; this program knows ${backupVersion}`,
    hint: 'Update llmga.',
  })
}

/** The new folders take the places of the old ones, which go last. */
async function replace(staging: string, dataDir: string): Promise<void> {
  for (const folder of [recordFolder, blobFolder]) {
    await mkdir(folder(staging), { recursive: true })
    if (existsSync(folder(dataDir))) await rename(folder(dataDir), `${folder(staging)}-before`)
    await rename(folder(staging), folder(dataDir))
  }
}

const damaged = (why: string): AppError =>
  new AppError('storage/corrupt', { message: `the backup cannot be used: ${why}`, hint: 'Take another backup file.' })
