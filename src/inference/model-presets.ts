import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../contract/errors.ts'
import { cachedSnapshot } from '../hub/cache.ts'
import type { AdapterPlaces } from '../pipelines/adapter-places.ts'
import { presetAdapters } from './adapter-places.ts'
import { presetPlaces } from './preset-files.ts'
import { describeCheckpoint, rolesOfCheckpoint } from './checkpoint-folder.ts'
import {
  modelRoles,
  presetSchema,
  type DrawingSettings,
  type MllmSettings,
  type ModelRole,
  type Preset,
  type RestoreSettings,
  type SafetySettings,
} from './preset-schema.ts'

/** A file of a model; size and hash are known when a preset says them. */
export interface ModelFile {
  /** Absolute path. */
  readonly file: string
  readonly sizeBytes?: number
  readonly sha256?: string
  /** git's hash, where a small file of the hub has no other. */
  readonly gitSha1?: string
  /** The preset that can be downloaded to get it. */
  readonly preset?: string
}

interface ResolvedBase {
  /** The preset's name, or the folder's. */
  readonly name: string
  /** Absolute path of the checkpoint. */
  readonly folder: string
  /** Sub-folders that lie elsewhere, by name: absolute paths. Read them through `partFolder`. */
  readonly parts: Readonly<Record<string, string>>
  readonly files: readonly ModelFile[]
  readonly world?: { readonly file: string; readonly examples: readonly string[] }
}

interface Adapted {
  readonly adapters: AdapterPlaces
}

type ResolvedRole<Role extends ModelRole, Settings> = ResolvedBase & Settings & { readonly role: Role }

/** A role's model with absolute paths and all its settings: plain data, fit for a worker's message. */
export interface ResolvedModels {
  readonly mllm: ResolvedRole<'mllm', MllmSettings>
  readonly t2i: ResolvedRole<'t2i', DrawingSettings & Adapted>
  readonly inpaint: ResolvedRole<'inpaint', DrawingSettings & Adapted>
  readonly restore: ResolvedRole<'restore', RestoreSettings>
  readonly safety: ResolvedRole<'safety', SafetySettings>
}
export type ResolvedModel = ResolvedModels[ModelRole]

export interface ModelPlaces {
  /** Extra folder in which names are looked up: MODELS_DIR/NAME, and presets in MODELS_DIR/presets. */
  readonly modelsDir?: string | undefined
  /** The hub's cache: what was downloaded by this program or another is used where it lies. */
  readonly hubCache?: string | undefined
  /** The folder of the embedded models; only tests change it. */
  readonly embeddedDir?: string
}

/** A preset, and the models folder that its paths are relative to. */
export interface LocatedPreset {
  readonly preset: Preset
  readonly root: string
}

const embeddedModels = fileURLToPath(new URL('../../models', import.meta.url))
const roots = ({ modelsDir, embeddedDir = embeddedModels }: ModelPlaces) =>
  [embeddedDir, modelsDir].filter((root): root is string => root !== undefined)

/** The folder of one part of a checkpoint (`vae`, `unet`, `vision-tower`): its own, or the one mapped in its place. */
export const partFolder = (model: Pick<ResolvedModel, 'folder' | 'parts'>, part: string): string =>
  model.parts[part] ?? path.join(model.folder, part)

/** All presets, embedded ones first. Throws AppError `config/invalid` for a preset file that breaks the schema. */
export function listPresets(places: ModelPlaces = {}): LocatedPreset[] {
  return roots(places).flatMap((root) => {
    const folder = path.join(root, 'presets')
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
    return names.sort().map((name) => ({ preset: readPreset(path.join(folder, name)), root }))
  })
}

function readPreset(file: string): Preset {
  const hint = 'Correct the file, or take it out of the presets folder.'
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new AppError('config/invalid', { message: `${file} is not readable JSON`, hint, cause })
  }
  const parsed = presetSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('config/invalid', { message: `${file}: ${issue?.path.join('.')}: ${issue?.message}`, hint })
}

/** A folder's name, or a file's without its ending. */
const nameOfPath = (found: string): string =>
  statSync(found).isDirectory() ? path.basename(found) : path.parse(found).name

/** The snapshot of OWNER/NAME in the hub's cache. */
const downloaded = (name: string, { hubCache }: ModelPlaces): string | undefined =>
  hubCache !== undefined && /^[\w.-]+\/[\w.-]+$/.test(name)
    ? cachedSnapshot(hubCache, { repository: name, revision: 'main' })
    : undefined

/** A checkpoint that no preset describes: a folder, or a single file that holds a whole model. */
export interface LocatedCheckpoint {
  readonly folder: string
  readonly name: string
}

/** Where a preset's name or a folder leads. Throws AppError `model/not-found` with the names that would do. */
export function locateModel(nameOrFolder: string, places: ModelPlaces = {}): LocatedPreset | LocatedCheckpoint {
  const presets = listPresets(places)
  const found = presets.find(({ preset }) => preset.name === nameOrFolder)
  if (found) return found
  const candidates = [path.resolve(nameOrFolder)]
  if (places.modelsDir !== undefined) candidates.unshift(path.resolve(places.modelsDir, nameOrFolder))
  const folder = candidates.find((candidate) => existsSync(candidate))
  if (folder !== undefined) return { folder, name: nameOfPath(folder) }
  const snapshot = downloaded(nameOrFolder, places)
  if (snapshot !== undefined) return { folder: snapshot, name: nameOrFolder.split('/')[1]! }
  const names = presets.map(({ preset }) => preset.name)
  throw new AppError('model/not-found', {
    message: `"${nameOrFolder}" is neither a preset nor a folder`,
    hint: `Presets: ${names.join(', ')}. Or name a checkpoint's folder; LLMGA_MODELS_DIR is searched, too.`,
    details: { nameOrFolder, presets: names },
  })
}

/**
 * A model for `role` by a preset's name or a checkpoint's folder; nothing but config files is read.
 * Throws AppError `model/not-found`, or `model/unsupported` when what was found does not fill the role.
 */
export function resolveModel<R extends ModelRole>(
  role: R,
  nameOrFolder: string,
  places?: ModelPlaces,
): ResolvedModels[R]
export function resolveModel(role: ModelRole, nameOrFolder: string, places: ModelPlaces = {}): ResolvedModel {
  const located = locateModel(nameOrFolder, places)
  if ('folder' in located) return describeCheckpoint(role, located, places)
  const resolved = resolveRole(role, located, places)
  if (resolved) return resolved
  throw new AppError('model/unsupported', {
    message: `the preset ${nameOrFolder} has no model for the role ${role}`,
    hint: 'Choose another preset or a folder for this role.',
  })
}

function resolveRole(role: ModelRole, located: LocatedPreset, places: ModelPlaces): ResolvedModel | undefined {
  const { name, roles, world } = located.preset
  const settings = roles[role]
  if (!settings) return undefined
  const { folder, parts } = settings
  const { place, filesAt } = placesOf(located, places)
  return {
    ...settings,
    role,
    name,
    folder: place(folder),
    parts: Object.fromEntries(Object.entries(parts).map(([part, shared]) => [part, place(shared)])),
    files: filesAt(folder, ...Object.values(parts)),
    ...('adapters' in settings && {
      adapters: presetAdapters(settings.adapters, { place, filesAt, modelsDir: places.modelsDir }),
    }),
    ...(world && { world: { ...world, file: place(world.file) } }),
  } as ResolvedModel // the role's own settings, by its name: TypeScript does not follow the index
}

/** The roles that a preset or a checkpoint's folder fills. Throws as `locateModel` and `rolesOfCheckpoint` do. */
export function rolesOf(nameOrFolder: string, places: ModelPlaces = {}): readonly ModelRole[] {
  const located = locateModel(nameOrFolder, places)
  if ('folder' in located) return rolesOfCheckpoint(located.folder)
  return modelRoles.filter((role) => located.preset.roles[role] !== undefined)
}

const placesOf = (located: LocatedPreset, places: ModelPlaces) =>
  presetPlaces(located, listPresets(places), roots(places), places)

/** Every file of a preset; what is needed and not here is among them. */
export const presetFiles = (located: LocatedPreset, places: ModelPlaces = {}): readonly ModelFile[] =>
  placesOf(located, places).files

/** Whether all that a preset needs is here: its files, and the folders of its roles. */
export function isInstalled(located: LocatedPreset, places: ModelPlaces = {}): boolean {
  const { files, place } = placesOf(located, places)
  const folders = Object.values(located.preset.roles).map(({ folder }) => place(folder))
  const needed = [...folders, ...files.map(({ file }) => file)]
  return needed.length > 0 && needed.every((place) => existsSync(place))
}
