import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { corrupt, writeError } from './storage-errors.ts'

/** Bytes by the lower-case hexadecimal sha256 of their content. */
export interface BlobStore {
  /** The bytes, checked against their name. Undefined when absent; throws AppError `storage/corrupt`. */
  read(sha256: string): Promise<Uint8Array | undefined>
}

/** What the stores do with blobs; others only read. */
export interface WritableBlobs extends BlobStore {
  /** Durable when it resolves. Says whether the bytes are new. Throws AppError `storage/full`. */
  write(sha256: string, bytes: Uint8Array): Promise<boolean>
  remove(sha256: string): Promise<void>
  /** Hashes of all that is there. */
  list(): Promise<readonly string[]>
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export function createMemoryBlobs(): WritableBlobs {
  const blobs = new Map<string, Uint8Array>()
  return {
    read: async (sha256) => blobs.get(sha256)?.slice(),
    async write(sha256, bytes) {
      if (blobs.has(sha256)) return false
      blobs.set(sha256, bytes.slice())
      return true
    },
    remove: async (sha256) => void blobs.delete(sha256),
    list: async () => [...blobs.keys()],
  }
}

/** Where a data folder keeps its blobs, and where one lies there. */
export const blobFolder = (dataDir: string): string => path.join(dataDir, 'blobs')
export const blobFile = (root: string, sha256: string): string => path.join(root, sha256.slice(0, 2), sha256.slice(2))

/** Files `ab/cdef…` below `root`. A file appears whole or not at all; what a crash left half-written is removed. */
export function createFileBlobs(root: string, dataDir: string): WritableBlobs {
  const temporary = path.join(root, 'tmp')
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  const place = (sha256: string) => blobFile(root, sha256)

  return {
    async read(sha256) {
      const bytes = await readIfPresent(place(sha256))
      if (bytes && sha256Of(bytes) !== sha256) throw corrupt(`The picture ${sha256}`, 'its bytes do not match its name')
      return bytes
    },
    async write(sha256, bytes) {
      const file = place(sha256)
      if (await holds(file, sha256)) return false
      const draft = path.join(temporary, randomUUID())
      try {
        await mkdir(path.dirname(file), { recursive: true })
        await writeDurably(draft, bytes)
        await rename(draft, file)
        await syncFolder(path.dirname(file))
      } catch (error) {
        await rm(draft, { force: true })
        throw writeError(dataDir, error)
      }
      return true
    },
    remove: (sha256) => rm(place(sha256), { force: true }),
    list: () => listBlobs(root),
  }
}

/** Hashes of the files below `root` that are named as blobs are; none where there is no such folder. */
export async function listBlobs(root: string): Promise<readonly string[]> {
  const isPart = (length: number) => (name: string) => name.length === length && /^[0-9a-f]+$/.test(name)
  const namesIn = (folder: string) => readdir(folder).catch(() => [] as string[])
  const folders = (await namesIn(root)).filter(isPart(2))
  const found = await Promise.all(
    folders.map(async (name) => (await namesIn(path.join(root, name))).filter(isPart(62)).map((rest) => name + rest)),
  )
  return found.flat()
}

/** Whether the file is there and sound; a damaged one is written again. */
async function holds(file: string, sha256: string): Promise<boolean> {
  const bytes = await readIfPresent(file)
  return bytes !== undefined && sha256Of(bytes) === sha256
}

async function readIfPresent(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw corrupt(`The file ${file}`, String(error), error)
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the new name durable, too. Windows cannot open folders, and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
