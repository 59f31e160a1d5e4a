import { createHash, randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import { arch, cpus } from 'node:os'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { graphCodeVersion, type Graph } from '../graph/graph.ts'

export interface GraphCacheOptions {
  /** Folder of the cache; safe to delete at any time while no process uses it. */
  readonly dir: string
  /** sha256 of a weight file's bytes, hex. */
  readonly hashOf: (file: string) => Promise<string>
  /** Whatever else decides what the optimiser writes: device, version of onnxruntime. */
  readonly facts: readonly string[]
}

/** A graph as the optimiser left it: folded, packed for this machine, with its weights beside it to be mapped. */
export interface CachedGraph {
  readonly modelFile: string
}

/** Where an optimiser may write; `keep` makes it an entry. */
export interface CacheDraft {
  readonly modelFile: string
  /** Name of the weights' file, beside the model's. */
  readonly weightsName: string
  /** Makes the draft an entry unless another process was faster; either way there is an entry afterwards. */
  keep(): Promise<CachedGraph>
  discard(): Promise<void>
}

export interface GraphCache {
  /** The entry's name for a graph; `variant` says how it is optimised. */
  keyOf(graph: Graph, variant: string): Promise<string>
  find(key: string): Promise<CachedGraph | undefined>
  /** A place to write an entry. Throws AppError `storage/full` when the disk has no room for one of `sizeBytes`. */
  draft(key: string, sizeBytes: number): Promise<CacheDraft>
  forget(key: string): Promise<void>
}

const modelName = 'graph.onnx'
const weightsName = 'weights.bin'
/** Written last: sizes of the other files. A cut off weight file would be a fault of memory, not an exception. */
const sizesName = 'sizes.json'
const draftPrefix = 'draft-'
/** Drafts of a crashed process are taken away after this. */
const draftLifetimeMs = 24 * 3600 * 1000

/**
 * Optimised graphs on disk. The key covers the graph (whose code has a version), the bytes of its weights, the machine
 * and the caller's facts. Entries appear by renaming a finished folder, so several processes may share one cache.
 */
export function openGraphCache({ dir, hashOf, facts }: GraphCacheOptions): GraphCache {
  const machine = [arch(), cpus()[0]?.model ?? '', String(graphCodeVersion), ...facts]
  const folderOf = (key: string) => path.join(dir, 'graphs', key)
  return {
    keyOf: (graph, variant) => keyOf(graph, hashOf, [...machine, variant]),
    async find(key) {
      const folder = folderOf(key)
      if (!(await isWhole(folder))) return undefined
      const now = new Date()
      await utimes(folder, now, now).catch(() => undefined) // last use, for whoever tidies up
      return { modelFile: path.join(folder, modelName) }
    },
    async draft(key, sizeBytes) {
      const folder = folderOf(key)
      const parent = path.dirname(folder)
      await mkdir(parent, { recursive: true })
      await removeOldDrafts(parent)
      const { bavail, bsize } = await statfs(parent)
      if (bavail * bsize < sizeBytes)
        throw new AppError('storage/full', { message: `${parent}: there is no room for ${sizeBytes} bytes` })
      const draft = path.join(parent, `${draftPrefix}${process.pid}-${randomUUID()}`)
      await mkdir(draft)
      return {
        modelFile: path.join(draft, modelName),
        weightsName,
        keep: () => keepDraft(draft, folder),
        discard: () => rm(draft, { recursive: true, force: true }),
      }
    },
    forget: (key) => rm(folderOf(key), { recursive: true, force: true }),
  }
}

/** sha256 over the graph with each weight file named by its content. */
async function keyOf(graph: Graph, hashOf: (file: string) => Promise<string>, machine: readonly string[]) {
  const files = new Set([...graph.weights.values()].map(({ entry }) => entry.file))
  const hashes = new Map<string, string>()
  for (const file of files) hashes.set(file, await hashOf(file))
  const hash = createHash('sha256').update(JSON.stringify(machine))
  return hash.update(graph.toModel((file) => hashes.get(file)!)).digest('hex')
}

async function keepDraft(draft: string, folder: string): Promise<CachedGraph> {
  const names = [modelName, weightsName].filter((name) => existsSync(path.join(draft, name)))
  const sizes = Object.fromEntries(names.map((name) => [name, statSync(path.join(draft, name)).size]))
  await writeFile(path.join(draft, sizesName), JSON.stringify(sizes))
  if (!(await isWhole(folder))) await rm(folder, { recursive: true, force: true }) // absent, or damaged
  try {
    await rename(draft, folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    await rm(draft, { recursive: true, force: true }) // another process was faster; its entry is the same
  }
  return { modelFile: path.join(folder, modelName) }
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    const sizes = JSON.parse(await readFile(path.join(folder, sizesName), 'utf8')) as Record<string, number>
    for (const [name, size] of Object.entries(sizes))
      if ((await stat(path.join(folder, name))).size !== size) return false
    return Object.hasOwn(sizes, modelName)
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
