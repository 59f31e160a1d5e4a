import { existsSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { cachedFile, cachedSnapshot, filesBelow } from '../hub/cache.ts'
import type { HubFile } from '../hub/repository.ts'
import type { LocatedPreset, ModelFile, ModelPlaces } from './model-presets.ts'
import type { HubSource } from './preset-schema.ts'

/** A hub source with the preset that it belongs to. */
interface NamedSource extends HubSource {
  readonly preset: string
}

/** What a preset's paths mean on this machine. */
export interface PresetPlaces {
  /** Absolute path of a path of a preset: in a models folder, or in the hub's cache. */
  readonly place: (relative: string) => string
  /** The files that are a path of the preset or lie below it. What is needed and absent is among them. */
  readonly filesAt: (...relative: readonly string[]) => readonly ModelFile[]
  /** All files of the preset. */
  readonly files: readonly ModelFile[]
}

export const folderOf = ({ folder, repository }: HubSource): string => folder ?? repository

/**
 * A path is looked for beside the preset, in the models folders (a copy made by hand), and in the hub's cache, where any
 * preset may name the repository. What is nowhere is named beside the preset.
 */
export function presetPlaces(
  { preset, root }: LocatedPreset,
  all: readonly LocatedPreset[],
  folders: readonly string[],
  { hubCache }: ModelPlaces,
): PresetPlaces {
  const ownSources = preset.hub.map((source): NamedSource => ({ ...source, preset: preset.name }))
  const others = all.flatMap((other) => other.preset.hub.map((source) => ({ ...source, preset: other.preset.name })))
  const sources: readonly NamedSource[] = [...ownSources, ...others]
  const searched = [root, ...folders]
  const isBelow = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`)

  function place(relative: string): string {
    const copy = searched.map((folder) => path.join(folder, relative)).find((candidate) => existsSync(candidate))
    if (copy !== undefined) return copy
    for (const source of hubCache === undefined ? [] : sources) {
      const folder = folderOf(source)
      const snapshot = isBelow(relative, folder) ? cachedSnapshot(hubCache!, source) : undefined
      const file = snapshot === undefined ? undefined : path.join(snapshot, relative.slice(folder.length + 1))
      if (file !== undefined && existsSync(file)) return file
    }
    return path.join(root, relative)
  }

  const filesOf = (source: NamedSource): readonly { readonly relative: string; readonly entry: ModelFile }[] => {
    const folder = folderOf(source)
    const base = place(folder)
    const present = existsSync(base) ? filesBelow(base) : []
    const { chosen, absent } = matchFiles(source, present)
    const { preset } = source
    return [
      ...chosen.map(({ name, sizeBytes, sha256 }) => ({
        relative: `${folder}/${name}`,
        entry: {
          ...hashedFile(base, name),
          preset,
          ...(sizeBytes !== undefined && { sizeBytes }),
          ...(sha256 !== undefined && { sha256 }),
        },
      })),
      ...absent.map((name) => ({ relative: `${folder}/${name}`, entry: { file: path.join(base, name), preset } })),
    ]
  }

  const listed = Object.entries(preset.files).map(([relative, expected]) => ({
    relative,
    entry: { file: place(relative), ...expected, ...(ownSources.length > 0 && { preset: preset.name }) },
  }))
  const own = unique([...listed, ...ownSources.flatMap(filesOf)])
  return {
    place,
    files: own.map(({ entry }) => entry),
    filesAt(...paths) {
      const elsewhere = paths.filter((wanted) => !own.some(({ relative }) => isBelow(relative, wanted)))
      const shared = elsewhere.flatMap((wanted) =>
        others
          .filter((source) => isBelow(wanted, folderOf(source)))
          .flatMap(filesOf)
          .filter(({ relative }) => isBelow(relative, wanted)),
      )
      const below = own.filter(({ relative }) => paths.some((wanted) => isBelow(relative, wanted)))
      return unique([...below, ...shared]).map(({ entry }) => entry)
    },
  }
}

const unique = <Item extends { readonly relative: string }>(items: readonly Item[]): readonly Item[] =>
  [...new Map(items.toReversed().map((item) => [item.relative, item])).values()].toReversed()

/** A file with the hash that the hub's cache knows of it. */
function hashedFile(base: string, name: string): ModelFile {
  const { file, sha256, gitSha1 } = cachedFile(base, name)
  return { file, ...(sha256 !== undefined && { sha256 }), ...(gitSha1 !== undefined && { gitSha1 }) }
}

interface Chosen {
  readonly name: string
  readonly sizeBytes?: number | undefined
  readonly sha256?: string | undefined
}

/** Which of the names that there are a source wants, and which of its patterns nothing matches though they must. */
export function matchFiles(source: HubSource, names: readonly string[]) {
  const chosen = new Map<string, Chosen>()
  const absent: string[] = []
  for (const entry of source.files) {
    const known = typeof entry === 'object' && !Array.isArray(entry) ? entry : undefined
    const patterns = known ? [known.path] : typeof entry === 'string' ? [entry] : (entry as readonly string[])
    const found = patterns.map((pattern) => names.filter(matcher(pattern))).find((matched) => matched.length > 0)
    if (!found && !patterns.some((pattern) => pattern.endsWith('?'))) absent.push(patterns[0]!)
    for (const name of found ?? []) chosen.set(name, { ...known, name })
  }
  return { chosen: [...chosen.values()], absent }
}

function matcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/\?$/, '')
    .split('*')
    .map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${source.join('[^/]*')}$`)
  return (name) => expression.test(name)
}

/**
 * The files of a repository that a source wants. Throws AppError `weights/missing` naming what the repository lacks, and
 * `weights/hash-mismatch` where it holds another file than the preset describes.
 */
export function chooseHubFiles(source: HubSource, files: readonly HubFile[]): readonly HubFile[] {
  const byName = new Map(files.map((file) => [file.path, file]))
  const { chosen, absent } = matchFiles(source, [...byName.keys()])
  if (absent.length > 0)
    throw new AppError('weights/missing', {
      message: `${source.repository} at ${source.revision} has no ${absent.join(', ')}`,
      hint: 'The repository has changed; choose another revision in the preset, or another model.',
    })
  return chosen.map(({ name, sizeBytes, sha256 }) => {
    const file = byName.get(name)!
    const differs = (sha256 ?? file.sha256) !== file.sha256 || (sizeBytes ?? file.sizeBytes) !== file.sizeBytes
    if (!differs) return file
    throw new AppError('weights/hash-mismatch', {
      message: `${name} of ${source.repository} is no longer the file that the preset describes`,
      hint: 'The repository has changed; choose another revision in the preset, or correct what it says of the file.',
      details: { file: name },
    })
  })
}
