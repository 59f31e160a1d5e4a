import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { open } from 'lmdb'
import { blobFolder } from './blobs.ts'

/** Where a data folder keeps its records and its pictures: all that a backup has. */
export const recordFolder = (dataDir: string): string => path.join(dataDir, 'records')
export { blobFolder }

const openReadOnly = (folder: string) =>
  open<string, string>({ path: folder, encoding: 'string', readOnly: true, noSubdir: false })

/**
 * Copies the records of a data folder as they are at one moment, while another process may write them: LMDB's own copy,
 * which reads one snapshot. `to` is made.
 */
export async function copyRecords(dataDir: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true })
  const db = openReadOnly(recordFolder(dataDir))
  try {
    await db.backup(to, true)
  } finally {
    await db.close()
  }
}

/** Hashes of the pictures, masks and files that the records in `folder` use. Throws for what LMDB cannot read. */
export async function hashesInUse(folder: string): Promise<ReadonlySet<string>> {
  const db = openReadOnly(folder)
  try {
    return new Set([...db.getKeys({ start: 'use:', end: 'use:\u{10ffff}' })].map((key) => key.split(':')[1]!))
  } finally {
    await db.close()
  }
}
