import { createHash, randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { gitSha1OfFile } from '../hub/download.ts'
import { sha256OfFile } from '../weights/file-hash.ts'
import type { ModelFile } from './model-presets.ts'

const hint = ({ file, preset }: ModelFile) =>
  preset === undefined
    ? `Copy or download ${path.basename(file)} again ("llmga models verify" checks all files).`
    : `Run "llmga models pull ${preset}", which fetches what is missing or wrong.`

/**
 * Compares presence and size with what the preset says: cheap enough for every load.
 * Throws AppError `weights/missing` or `weights/corrupt`, naming the file.
 */
export function checkFileSizes(files: readonly ModelFile[]): void {
  for (const entry of files) {
    const { file, sizeBytes } = entry
    const found = statSync(file, { throwIfNoEntry: false })
    if (!found?.isFile())
      throw new AppError('weights/missing', { message: `${file} is missing`, hint: hint(entry), details: { file } })
    if (sizeBytes !== undefined && found.size !== sizeBytes)
      throw new AppError('weights/corrupt', {
        message: `${file} has ${found.size} bytes instead of ${sizeBytes} (${found.size < sizeBytes ? 'cut off' : 'altered'})`,
        hint: hint(entry),
        details: { file },
      })
  }
}

/** Compares a file's bytes with the preset's sha256. Throws AppError `weights/hash-mismatch`, naming the file. */
function checkHash(entry: ModelFile, actual: string, expected = entry.sha256): void {
  const { file } = entry
  if (expected === undefined || actual === expected) return
  throw new AppError('weights/hash-mismatch', {
    message: `${file} is not the file that the preset describes: its hash is ${actual.slice(0, 12)}…, not ${expected.slice(0, 12)}…`,
    hint: hint(entry),
    details: { file, actual, expected },
  })
}

/** Size, time and place of a file as they were when it was hashed: while they stay, so does the hash. */
interface Remembered {
  readonly stamp: string
  readonly sha256: string
}

const stampOf = async (file: string) => {
  const { size, mtimeMs, ctimeMs, ino } = await stat(file)
  return [size, mtimeMs, ctimeMs, ino].join(':')
}

/** Hashes of large files, kept in the cache folder by size and times, so that a checkpoint is read through once. */
export interface FileHashes {
  sha256(file: string): Promise<string>
}

/** The cache is one JSON file, safe to delete; a torn or foreign one is ignored. */
export async function openFileHashes(cacheDir: string): Promise<FileHashes> {
  const store = path.join(cacheDir, 'file-hashes.json')
  const remembered = new Map(Object.entries(await readRemembered(store)))
  return {
    sha256: async (file) => {
      const stamp = await stampOf(file)
      const known = remembered.get(file)
      if (known?.stamp === stamp) return known.sha256
      const sha256 = await sha256OfFile(file)
      remembered.set(file, { stamp, sha256 })
      // Without it the file is read again next time: a full or read-only disk takes nothing but time.
      await replaceFile(store, JSON.stringify(Object.fromEntries(remembered))).catch(() => undefined)
      return sha256
    },
  }
}

async function readRemembered(store: string): Promise<Record<string, Remembered>> {
  try {
    return JSON.parse(await readFile(store, 'utf8')) as Record<string, Remembered>
  } catch {
    return {} // absent, or torn by a crash: it is only a cache
  }
}

/** Writes beside the file and renames, so that another process reads the old bytes or the new ones. */
async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const temporary = `${file}.${randomUUID()}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, file)
}

/** Whether a file holds tensors. */
export const isWeightFile = (file: string): boolean => /\.(safetensors|pth|bin)$/.test(file)

/** A file's sha256 once size and hash are what the preset says. Throws as `checkModelFiles` does. */
export async function checkedHash(entry: ModelFile, hashes: FileHashes): Promise<string> {
  checkFileSizes([entry])
  const actual = await hashes.sha256(entry.file)
  checkHash(entry, actual)
  return actual
}

/**
 * Checks every file of a model (sizes, then hashes where the preset knows them) and returns one sha256 over all its
 * weight files: the model's identity in recipes and caches.
 * Throws AppError `weights/missing`, `weights/corrupt` or `weights/hash-mismatch`, naming the file.
 */
export async function checkModelFiles(files: readonly ModelFile[], hashes: FileHashes): Promise<string> {
  checkFileSizes(files)
  const whole = createHash('sha256')
  for (const entry of files) {
    const actual = await checkedHash(entry, hashes)
    if (isWeightFile(entry.file)) whole.update(`${path.basename(entry.file)} ${actual}\n`)
  }
  return whole.digest('hex')
}

/** One line of `llmga models verify`. */
export interface FileReport {
  readonly file: string
  readonly error?: AppError
  /** Whether there is a hash to compare with. */
  readonly isKnown: boolean
}

/** Reads every byte of the files, whatever the cache remembers, and reports each. */
export async function verifyFiles(files: readonly ModelFile[]): Promise<FileReport[]> {
  const reports: FileReport[] = []
  for (const entry of files) {
    const isKnown = (entry.sha256 ?? entry.gitSha1) !== undefined
    try {
      checkFileSizes([entry])
      if (entry.gitSha1 !== undefined) checkHash(entry, await gitSha1OfFile(entry.file), entry.gitSha1)
      checkHash(entry, await sha256OfFile(entry.file))
      reports.push({ file: entry.file, isKnown })
    } catch (error) {
      reports.push({ file: entry.file, isKnown, error: AppError.from(error, 'weights/corrupt') })
    }
  }
  return reports
}
