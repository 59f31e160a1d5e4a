import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { writeError } from './storage-errors.ts'

/** Who holds a data folder. `birth` tells a process from a later one with the same pid; '' where that is not known. */
interface Holder {
  readonly pid: number
  readonly birth: string
}

/**
 * Makes this process the one owner of a data folder; a lock left by a process that is gone is taken over.
 * Returns the function that gives it up. Throws AppError `storage/locked` with the other pid, `storage/full`, or
 * `config/invalid` for a folder that cannot be made or written.
 */
export function lockFolder(dataDir: string): () => void {
  const file = path.join(dataDir, 'lock')
  const own = `${file}.${randomUUID()}`
  try {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(own, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) } satisfies Holder))
    while (!claim(own, file)) removeStale(file, dataDir)
  } catch (error) {
    throw unusable(dataDir, error)
  } finally {
    if (existsSync(own)) rmSync(own)
  }
  return () => rmSync(file, { force: true })
}

/** A hard link appears at once with its content, or not at all. */
function claim(own: string, file: string): boolean {
  try {
    linkSync(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes the lock of a dead process away. It is renamed first: when two try, only one of them moves that very file. */
function removeStale(file: string, dataDir: string): void {
  const seen = read(file)
  if (seen === undefined) return
  const holder = parse(seen)
  if (holder && isAlive(holder)) throw locked(dataDir, holder.pid)
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    return // another process was quicker
  }
  if (read(aside) !== seen) claim(aside, file) // a new owner's lock was caught between: put it back
  rmSync(aside, { force: true })
}

const locked = (dataDir: string, pid: number) =>
  new AppError('storage/locked', {
    message: `${dataDir} is used by another llmga process (pid ${pid})`,
    hint: `Stop process ${pid}, or set LLMGA_DATA_DIR to another folder.`,
    details: { dataDir, pid },
  })

/** At the start, a folder that cannot be written is a wrong setting, unless the disk is just full. */
function unusable(dataDir: string, error: unknown): AppError {
  const known = writeError(dataDir, error)
  if (known.code === 'storage/locked' || known.details?.['reason'] === 'ENOSPC') return known
  return new AppError('config/invalid', {
    message: `LLMGA_DATA_DIR: ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Set it to a folder that this program may make and write.',
    details: { key: 'LLMGA_DATA_DIR', value: dataDir },
    cause: error,
  })
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, birth } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof birth === 'string' ? { pid, birth } : undefined
  } catch {
    return undefined
  }
}

function isAlive({ pid, birth }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return birthOf(pid) === birth
}

/** Boot and start time of a process: in a container the same pid comes back after every restart. */
function birthOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  const boot = read('/proc/sys/kernel/random/boot_id')
  if (stat === undefined || boot === undefined) return ''
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] // field 22 of proc_pid_stat(5)
  return `${boot.trim()}/${startTime}`
}
