import { existsSync } from 'node:fs'
import { open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { z } from 'zod'

/** A range of the file that one connection fetches: bytes [start, end), of which [start, start + done) are here. */
export interface Part {
  readonly start: number
  readonly end: number
  done: number
}

const stateVersion = 1
const stateSchema = z.object({
  version: z.literal(stateVersion),
  sizeBytes: z.int(),
  parts: z.array(z.object({ start: z.int().min(0), end: z.int(), done: z.int().min(0) })),
})

/** A file on its way: its bytes at their places, and beside it what is there of them. */
export interface PartialFile {
  readonly handle: FileHandle
  readonly parts: readonly Part[]
  /** Notes what is there, so that a later run goes on from it. */
  save(): Promise<void>
  /** Closes it, and gives it its name. */
  finish(blob: string): Promise<void>
  close(): Promise<void>
  /** Closes it and throws it away. */
  discard(): Promise<void>
}

const nameOf = (blob: string) => `${blob}.llmga-partial`

/** Bytes that an interrupted download left of a blob. */
export async function bytesHere(blob: string, sizeBytes: number): Promise<number> {
  const state = await readState(`${nameOf(blob)}.json`, sizeBytes)
  return state?.reduce((sum, { done }) => sum + done, 0) ?? 0
}

/**
 * Opens the download of a blob where an interrupted one stopped, or a new one in parts of about `partBytes`. What an
 * older version or another tool left is not understood and begins anew.
 */
export async function openPartial(blob: string, sizeBytes: number, partBytes: number): Promise<PartialFile> {
  const name = nameOf(blob)
  const stateFile = `${name}.json`
  const known = existsSync(name) ? await readState(stateFile, sizeBytes) : undefined
  const handle = await open(name, known ? 'r+' : 'w')
  const parts = known ?? split(sizeBytes, partBytes)
  return {
    handle,
    parts,
    async save() {
      const temporary = `${stateFile}.tmp`
      await writeFile(temporary, JSON.stringify({ version: stateVersion, sizeBytes, parts }))
      await rename(temporary, stateFile)
    },
    async finish(target) {
      await handle.sync()
      await handle.close()
      await rename(name, target)
      await rm(stateFile, { force: true })
    },
    close: () => handle.close(),
    async discard() {
      await handle.close()
      await rm(name, { force: true })
      await rm(stateFile, { force: true })
    },
  }
}

async function readState(file: string, sizeBytes: number): Promise<Part[] | undefined> {
  try {
    const state = stateSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    const covers = state.parts.reduce((at, { start, end }) => (start === at ? end : NaN), 0) === sizeBytes
    const fits = state.parts.every(({ start, end, done }) => start + done <= end)
    const { size } = await stat(file.slice(0, -'.json'.length))
    const holds = state.parts.every(({ start, done }) => done === 0 || start + done <= size)
    return state.sizeBytes === sizeBytes && covers && fits && holds ? state.parts : undefined
  } catch {
    return undefined // absent, torn by a crash, or of another version
  }
}

function split(sizeBytes: number, partBytes: number): Part[] {
  const count = Math.max(1, Math.ceil(sizeBytes / partBytes))
  const length = Math.ceil(sizeBytes / count)
  return Array.from({ length: count }, (_, i) => ({
    start: i * length,
    end: Math.min((i + 1) * length, sizeBytes),
    done: 0,
  }))
}
