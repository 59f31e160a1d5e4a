import { AppError } from '../contract/errors.ts'
import {
  isInstalled,
  listPresets,
  resolveModel,
  rolesOf,
  type ModelPlaces,
  type ResolvedModels,
} from './model-presets.ts'
import { modelRoles, type ModelRole } from './preset-schema.ts'

/** The models of each role: the first is in force, the others are taken when a request names them. */
export type OfferedModels = { readonly [Role in ModelRole]: readonly ResolvedModels[Role][] }

/** Models by their presets' names or their folders. */
export interface ModelChoice {
  readonly mllm: string
  readonly t2i: string
  /** Default: that of t2i's preset; without one, t2i blends latents. */
  readonly inpaint?: string | undefined
  /** Default: that of t2i's preset; without one, or with `none`, nothing is restored. */
  readonly restore?: string | undefined
  /** Default: that of t2i's preset; without one, or with `none`, no picture is looked at. Threads cannot choose it. */
  readonly safety?: string | undefined
  /** What else threads may choose; `all` stands for every preset whose files are there. */
  readonly models?: readonly string[]
}

/**
 * The models in force and those that threads may choose beside them; nothing but config files is read.
 * Throws AppError `model/not-found`, `model/unsupported`, `config/invalid`, `weights/missing`.
 */
export function offerModels(choice: ModelChoice, places: ModelPlaces = {}): OfferedModels {
  const more = (choice.models ?? []).flatMap((name) => (name === 'all' ? presetsWithFiles(places) : [name]))
  const fills = new Map([choice.t2i, ...more].map((name) => [name, rolesOf(name, places)]))
  const inForce: Readonly<Record<ModelRole, string | undefined>> = {
    mllm: choice.mllm,
    t2i: choice.t2i,
    inpaint: choice.inpaint ?? (fills.get(choice.t2i)!.includes('inpaint') ? choice.t2i : undefined),
    restore: choice.restore ?? (fills.get(choice.t2i)!.includes('restore') ? choice.t2i : undefined),
    safety: choice.safety ?? (fills.get(choice.t2i)!.includes('safety') ? choice.t2i : undefined),
  }
  const offers = <Role extends ModelRole>(role: Role): ResolvedModels[Role][] => {
    const first = inForce[role]
    const others = role === 'safety' ? [] : more.filter((name) => fills.get(name)!.includes(role))
    const names = new Set([...(first === undefined || first === 'none' ? [] : [first]), ...others])
    return withOneName([...names].map((name) => resolveModel(role, name, places)))
  }
  return {
    mllm: offers('mllm'),
    t2i: offers('t2i'),
    inpaint: offers('inpaint'),
    restore: offers('restore'),
    safety: offers('safety'),
  }
}

/** A folder may have the name of a preset: the first one keeps it. */
const withOneName = <Model extends { readonly name: string }>(models: readonly Model[]): Model[] =>
  models.filter(({ name }, index) => models.findIndex((model) => model.name === name) === index)

function presetsWithFiles(places: ModelPlaces): string[] {
  const complete = listPresets(places).filter((located) => isInstalled(located, places))
  return complete.map(({ preset }) => preset.name)
}

/** Names of the models that requests may choose, by role; roles without a model are left out. */
export function offeredNames(offered: OfferedModels): Readonly<Partial<Record<ModelRole, readonly string[]>>> {
  const named = modelRoles.map((role) => [role, offered[role].map(({ name }) => name)] as const)
  return Object.fromEntries(named.filter(([, names]) => names.length > 0))
}

/**
 * The role's model by name; without a name the one in force. Throws AppError `model/not-found` with the names that
 * would do.
 */
export function chooseModel<Role extends ModelRole>(
  offered: OfferedModels,
  role: Role,
  name?: string,
): ResolvedModels[Role] {
  const models = offered[role]
  const found = name === undefined ? models[0] : models.find((model) => model.name === name)
  if (found) return found
  const names = models.map((model) => model.name)
  throw new AppError('model/not-found', {
    message: name === undefined ? `there is no model for ${role}` : `there is no ${role} model "${name}"`,
    hint:
      names.length === 0
        ? `Choose one with LLMGA_${role.toUpperCase()}.`
        : `Choose one of ${names.join(', ')}; LLMGA_MODELS offers more.`,
    details: { role, names, ...(name === undefined ? {} : { name }) },
  })
}
