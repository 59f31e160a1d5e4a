import { createHash } from 'node:crypto'
import { arch, cpus } from 'node:os'
import path from 'node:path'
import { graphCodeVersion, type Graph } from '../graph/graph.ts'
import { openCacheFolder } from './cache-folder.ts'

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

/**
 * Optimised graphs on disk. The key covers the graph (whose code has a version), the bytes of its weights, the machine
 * and the caller's facts.
 */
export function openGraphCache({ dir, hashOf, facts }: GraphCacheOptions): GraphCache {
  const machine = [arch(), cpus()[0]?.model ?? '', String(graphCodeVersion), ...facts]
  const entries = openCacheFolder(path.join(dir, 'graphs'), modelName)
  const inFolder = (folder: string): CachedGraph => ({ modelFile: path.join(folder, modelName) })
  return {
    keyOf: (graph, variant) => keyOf(graph, hashOf, [...machine, variant]),
    find: async (key) => {
      const folder = await entries.find(key)
      return folder === undefined ? undefined : inFolder(folder)
    },
    draft: async (key, sizeBytes) => {
      const { folder, keep, discard } = await entries.draft(key, sizeBytes)
      return { ...inFolder(folder), weightsName, keep: async () => inFolder(await keep()), discard }
    },
    forget: (key) => entries.forget(key),
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
