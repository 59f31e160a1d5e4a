import { existsSync } from 'node:fs'
import { copyFile, link, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { blobFile, blobFolder } from '../conversation/blobs.ts'
import { copyRecords, hashesInUse, recordFolder } from '../conversation/copy-records.ts'
import { AppError } from '../contract/errors.ts'
import { writeTar, type TarSource } from './tar.ts'

/** Version of the archive: what `restore` knows. */
export const backupVersion = 1

export interface BackupReport {
  readonly pictures: number
  readonly sizeBytes: number
  /** Pictures that the threads use and that are not in the data folder (any more). */
  readonly missing: readonly string[]
}

/** Pictures may be deleted between the copy of the records and their own: then the records are copied once more. */
const tries = 5

/**
 * Writes one archive with the records and every picture that they use, as they were at one moment, while the program may
 * run. Throws AppError `input/not-found` for a folder without data, `input/invalid-option` for a file that exists.
 */
export async function backUp(dataDir: string, target: string): Promise<BackupReport> {
  if (!existsSync(recordFolder(dataDir)))
    throw new AppError('input/not-found', {
      message: `${dataDir} holds no data of llmga`,
      hint: 'Give the settings that the program runs with (LLMGA_DATA_DIR).',
    })
  if (existsSync(target))
    throw new AppError('input/invalid-option', { message: `${target} exists`, hint: 'Give the backup a new name.' })
  const staging = await mkdtemp(`${path.resolve(target)}.part-`).catch((cause: unknown) => {
    throw new AppError('input/invalid-option', {
      message: `${target} cannot be written: ${cause instanceof Error ? cause.message : ''}`,
      hint: 'Choose a file in a folder that may be written.',
      cause,
    })
  })
  try {
    const snapshot = await takeSnapshot(dataDir, staging)
    const draft = path.join(staging, 'backup.tar')
    await writeTar(draft, snapshot.sources)
    await rename(draft, target)
    const { size } = await stat(target)
    return { pictures: snapshot.pictures, sizeBytes: size, missing: snapshot.missing }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

interface Snapshot {
  readonly sources: readonly TarSource[]
  readonly pictures: number
  readonly missing: readonly string[]
}

async function takeSnapshot(dataDir: string, staging: string): Promise<Snapshot> {
  for (let left = tries - 1; ; left--) {
    const records = path.join(staging, `records-${left}`)
    await copyRecords(dataDir, records)
    const hashes = [...(await hashesInUse(records))]
    const found = await keepFiles(dataDir, staging, hashes)
    if (found.missing.length > 0 && left > 0) continue
    const manifest = path.join(staging, 'llmga-backup.json')
    await writeFile(manifest, JSON.stringify({ version: backupVersion, madeAt: new Date().toISOString() }))
    const sources = [
      { name: 'llmga-backup.json', file: manifest },
      { name: 'records/data.mdb', file: path.join(records, 'data.mdb') },
      ...found.kept,
    ]
    return { sources, pictures: found.kept.length, missing: found.missing }
  }
}

/** The files of pictures; hard links hold those that the program deletes before they are in the archive. */
async function keepFiles(dataDir: string, staging: string, hashes: readonly string[]) {
  const kept: TarSource[] = []
  const missing: string[] = []
  for (const sha256 of hashes) {
    const held = path.join(staging, sha256)
    const isHeld = existsSync(held) || (await hold(blobFile(blobFolder(dataDir), sha256), held))
    if (isHeld) kept.push({ name: `blobs/${sha256}`, file: held })
    else missing.push(sha256)
  }
  return { kept, missing }
}

/** A link beside the archive; a copy where that is another disk. False when the file is gone. */
async function hold(file: string, held: string): Promise<boolean> {
  try {
    await link(file, held).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw error
      await copyFile(file, held)
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
