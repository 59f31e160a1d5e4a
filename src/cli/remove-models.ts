import path from 'node:path'
import type { Config } from '../../config/schema.ts'
import { AppError } from '../contract/errors.ts'
import { cachedSnapshot, filesBelow } from '../hub/cache.ts'
import { removeFromCache } from '../hub/remove.ts'
import { isInstalled, presetFiles, type LocatedPreset } from '../inference/model-presets.ts'
import { matchFiles } from '../inference/preset-files.ts'
import { modelRoles } from '../inference/preset-schema.ts'
import { tell } from './output.ts'
import { mebibytes } from './pull-progress.ts'

/**
 * Deletes what a preset alone has in the hub's cache; files that another installed preset uses stay, and so do copies in
 * a models folder. Throws AppError `input/invalid-option` for a model in force.
 */
export async function removeModel(
  located: LocatedPreset,
  known: readonly LocatedPreset[],
  config: Config,
): Promise<void> {
  const { name, hub } = located.preset
  const inForce = modelRoles.find((role) => config[role] === name)
  if (inForce)
    throw new AppError('input/invalid-option', {
      message: `${name} is the ${inForce} model in force`,
      hint: `Choose another one first: llmga models use ${inForce} NAME.`,
    })
  const others = known.filter((other) => other.preset.name !== name && isInstalled(other, config))
  const kept = new Set(others.flatMap((other) => presetFiles(other, config)).map(({ file }) => file))
  let freed = 0
  for (const source of hub) {
    const snapshot = cachedSnapshot(config.hubCache, source)
    if (snapshot === undefined) continue
    const mine = matchFiles(source, filesBelow(snapshot)).chosen.map((file) => file.name)
    const alone = mine.filter((file) => !kept.has(path.join(snapshot, ...file.split('/'))))
    if (alone.length < mine.length) tell(`${mine.length - alone.length} files stay: other models use them.`)
    freed += await removeFromCache(config.hubCache, source, alone)
  }
  tell(
    freed > 0 ? `${name} is removed: ${mebibytes(freed)} are free.` : `Nothing of ${name} was in ${config.hubCache}.`,
  )
}
