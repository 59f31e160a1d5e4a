import { createHash } from 'node:crypto'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import {
  quantiseCodeVersion,
  quantisedBytes,
  withQuantised,
  writeQuantised,
  type BlockFormats,
} from '../weights/quantised-file.ts'
import type { WeightMap } from '../weights/weights.ts'
import { openCacheFolder, type CacheFolder } from './cache-folder.ts'

export interface WeightCacheOptions {
  /** Folder of the cache; safe to delete at any time while no process uses it. */
  readonly dir: string
  /** sha256 of a weight file's bytes, hex. */
  readonly hashOf: (file: string) => Promise<string>
  /** Told when something is made that takes its time. */
  readonly tell?: ((line: string) => void) | undefined
  /** Version of the code that quantises; another one's entries are made again. */
  readonly version?: number
}

/** Weights in fewer bits, made once from the checkpoint's and kept. */
export interface WeightCache {
  /**
   * The same tensors, the named matrices with their quantised form beside them. Made on first use, a few rows at a time.
   * Throws AppError `storage/full` without room for it.
   */
  quantise(map: WeightMap, formats: BlockFormats): Promise<WeightMap>
  /** sha256 of a file: those of this cache are known without being read. */
  readonly hashOf: (file: string) => Promise<string>
}

const fileName = 'weights.safetensors'

/**
 * Opens the cache below `dir`. An entry's name is a hash of what it was made from (bytes and places of the source,
 * format of each matrix) and the version of the code that made it.
 */
export function openWeightCache({ dir, hashOf, tell, version = quantiseCodeVersion }: WeightCacheOptions): WeightCache {
  const parent = path.join(dir, 'quantised')
  const entries = openCacheFolder(parent, fileName)
  return {
    async quantise(map, formats) {
      if (formats.size === 0) return map
      const source = await sourceOf(map, formats, hashOf)
      const key = `${source}-${version}`
      const folder = (await entries.find(key)) ?? (await fill(entries, key, map, formats, tell))
      await forgetOthers(entries, source, key)
      return withQuantised(map, path.join(folder, fileName), formats)
    },
    hashOf: async (file) => {
      const folder = path.dirname(file)
      return path.dirname(folder) === path.resolve(parent) ? path.basename(folder) : hashOf(file)
    },
  }
}

async function sourceOf(map: WeightMap, formats: BlockFormats, hashOf: (file: string) => Promise<string>) {
  const hash = createHash('sha256')
  for (const [name, { bits, blockSize }] of formats) {
    const { file, dtype, shape, offset } = map.get(name)!
    hash.update(JSON.stringify([name, await hashOf(file), dtype, shape, offset, bits, blockSize]))
  }
  return hash.digest('hex')
}

async function fill(
  entries: CacheFolder,
  key: string,
  map: WeightMap,
  formats: BlockFormats,
  tell: WeightCacheOptions['tell'],
): Promise<string> {
  const sizeBytes = quantisedBytes(map, formats)
  const draft = await entries.draft(key, sizeBytes).catch((error: unknown) => refuse(sizeBytes, error))
  try {
    tell?.(`quantising ${formats.size} matrices into ${Math.ceil(sizeBytes / 2 ** 20)} MiB, once for this model`)
    const begin = performance.now()
    await writeQuantised(path.join(draft.folder, fileName), map, formats, { progress: tellTenths(tell) })
    tell?.(`quantised ${formats.size} matrices in ${Math.round((performance.now() - begin) / 1000)} s`)
    return await draft.keep()
  } catch (error) {
    await draft.discard()
    refuse(sizeBytes, error)
  }
}

/** Tells each tenth that is done, but no more often than every few seconds: small models are done before. */
function tellTenths(tell: WeightCacheOptions['tell']) {
  let told = 0
  let last = performance.now()
  return (share: number) => {
    const tenths = Math.floor(share * 10)
    if (tenths === told || tenths === 10 || performance.now() - last < 3000) return
    tell?.(`quantised ${tenths * 10} %`)
    told = tenths
    last = performance.now()
  }
}

/** What went wrong with the folder, as something that a person can mend. */
function refuse(sizeBytes: number, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof AppError && error.code !== 'storage/full') throw error
  if (!(error instanceof AppError) && code !== 'ENOSPC' && code !== 'EACCES' && code !== 'EROFS') throw error
  throw new AppError('storage/full', {
    message: `quantised weights of ${sizeBytes} bytes cannot be kept: ${(error as Error).message}`,
    hint: 'Make room in the cache folder or name another one (LLMGA_CACHE_DIR), or choose the precision fp32.',
    cause: error,
  })
}

/** Entries of the same weights by another version of the code are of no more use. */
async function forgetOthers(entries: CacheFolder, source: string, key: string): Promise<void> {
  for (const other of await entries.keys())
    if (other.startsWith(`${source}-`) && other !== key) await entries.forget(other)
}
