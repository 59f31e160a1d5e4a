import type { LoadedConfig } from '../../config/load.ts'
import { writeSetting } from '../../config/write-setting.ts'
import { AppError } from '../contract/errors.ts'
import { checkFileSizes } from '../inference/model-files.ts'
import { locateModel, resolveModel } from '../inference/model-presets.ts'
import { modelRoles, type ModelRole } from '../inference/preset-schema.ts'
import { acceptLicences } from './licences.ts'
import { tell } from './output.ts'

export interface UseOptions {
  readonly yes: boolean
  /** The config file that was named on the command line. */
  readonly configFile: string | undefined
}

/**
 * Writes a role's model into the config file, once it is there and fits the role. Throws AppError
 * `input/invalid-option` for an unknown role, and what `resolveModel`, `checkFileSizes` and `acceptLicences` throw.
 */
export async function useModel(
  role: string,
  name: string,
  { config, origins }: LoadedConfig,
  options: UseOptions,
): Promise<void> {
  const key = checkedRole(role)
  const isNone = name === 'none' && key !== 'mllm' && key !== 't2i'
  if (!isNone) {
    checkFileSizes(resolveModel(key, name, config).files)
    const located = locateModel(name, config)
    if ('preset' in located) await acceptLicences([located.preset], { cacheDir: config.cacheDir, yes: options.yes })
  }
  const file = writeSetting(key, name, options.configFile, process.cwd())
  tell(`${key} is ${name} in ${file}; it holds from the next start on.`)
  const { source, name: from } = origins[key]
  if (source === 'environment' || source === 'command line') tell(`But ${from} comes before the file: unset it.`)
}

function checkedRole(role: string): ModelRole {
  const found = modelRoles.find((known) => known === role)
  if (found) return found
  throw new AppError('input/invalid-option', {
    message: `"${role}" is not a role of a model`,
    hint: `Roles: ${modelRoles.join(', ')}.`,
  })
}
