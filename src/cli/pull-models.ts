import { didYouMean } from '../../config/did-you-mean.ts'
import type { Config } from '../../config/schema.ts'
import { AppError } from '../contract/errors.ts'
import { connectHub, type HubConnection } from '../hub/connection.ts'
import type { HubSettings } from '../hub/hub-settings.ts'
import { checkRoom, planPull, pull, type PullPlan } from '../hub/pull.ts'
import { chooseHubFiles, folderOf } from '../inference/preset-files.ts'
import type { LocatedPreset } from '../inference/model-presets.ts'
import type { HubSource, Preset } from '../inference/preset-schema.ts'
import { onInterrupt } from './interrupts.ts'
import { acceptLicences } from './licences.ts'
import { tell } from './output.ts'
import { createPullProgress, mebibytes } from './pull-progress.ts'

export const hubSettings = (config: Config): HubSettings => ({
  endpoint: config.hubEndpoint,
  token: config.hubToken,
  cache: config.hubCache,
  offline: config.hubOffline,
  hosts: config.hubHosts,
})

/** The presets of these names and all that they need. Throws AppError `model/not-found`. */
export function withNeeds(names: readonly string[], known: readonly LocatedPreset[]): readonly LocatedPreset[] {
  const found = new Map<string, LocatedPreset>()
  const add = (name: string): void => {
    if (found.has(name)) return
    const located = presetNamed(name, known)
    found.set(name, located)
    located.preset.needs.forEach(add)
  }
  names.forEach(add)
  return [...found.values()]
}

export function presetNamed(name: string, known: readonly LocatedPreset[]): LocatedPreset {
  const found = known.find(({ preset }) => preset.name === name)
  if (found) return found
  const near = didYouMean(
    name,
    known.map(({ preset }) => preset.name),
  )
  const hint = `${near === undefined ? '' : `Did you mean ${near}? `}"llmga models list" shows all.`
  throw new AppError('model/not-found', { message: `there is no preset "${name}"`, hint })
}

/**
 * Downloads presets with what they need: asks the hub, shows licences, looks for room, then fetches what is missing.
 * Throws AppError as `acceptLicences`, `planPull`, `checkRoom` and `pull` do.
 */
export async function pullModels(
  presets: readonly LocatedPreset[],
  config: Config,
  { yes }: { readonly yes: boolean },
): Promise<void> {
  const abort = new AbortController()
  const stop = onInterrupt(() => abort.abort())
  try {
    const hub = connectHub(hubSettings(config))
    const wanted = presets.map(({ preset }) => preset).filter(isPullable)
    const sources = wanted.flatMap((preset) => preset.hub.map((source) => ({ preset, source })))
    await acceptLicences(wanted, { cacheDir: config.cacheDir, yes })
    const plans: PullPlan[] = []
    for (const { preset, source } of sources) plans.push(await planOf(hub, preset, source, abort.signal))
    const missing = plans.reduce((sum, { missingBytes }) => sum + missingBytes, 0)
    await checkRoom(config.hubCache, missing)
    await fetchAll(hub, plans, missing, abort.signal)
  } finally {
    stop()
  }
}

async function fetchAll(hub: HubConnection, plans: readonly PullPlan[], missing: number, signal: AbortSignal) {
  const progress = createPullProgress(missing)
  try {
    for (const plan of plans) {
      const size = plan.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      const licence = plan.licence === undefined ? '' : `, licence ${plan.licence}`
      tell(`${plan.repository} at ${plan.commit.slice(0, 12)}: ${mebibytes(size)}${licence}`)
      const { onBytes, onFile } = progress
      const folder = await pull(hub, plan, { signal, onBytes, onFile })
      tell(`  in ${folder}`)
    }
  } finally {
    progress.end()
  }
}

function isPullable(preset: Preset): boolean {
  if (preset.hub.length > 0) return true
  if (preset.byHand === undefined) {
    tell(`${preset.name} comes with the program.`)
    return false
  }
  throw new AppError('weights/missing', {
    message: `${preset.name} cannot be downloaded by this command`,
    hint: preset.byHand,
  })
}

/** What a source lacks here; the sizes and hashes that the preset pins must be the hub's. */
const planOf = (hub: HubConnection, preset: Preset, source: HubSource, signal: AbortSignal): Promise<PullPlan> => {
  const pinned = Object.entries(preset.files).flatMap(([path, expected]) =>
    path.startsWith(`${folderOf(source)}/`) ? [{ path: path.slice(folderOf(source).length + 1), ...expected }] : [],
  )
  const whole = { ...source, files: [...source.files, ...pinned] }
  return planPull(hub, source, (files) => chooseHubFiles(whole, files), signal)
}
