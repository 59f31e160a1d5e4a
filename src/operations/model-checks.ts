import type { Config } from '../../config/schema.ts'
import type { Check } from '../contract/check.ts'
import { AppError } from '../contract/errors.ts'
import { checkFileSizes, checkModelFiles, openFileHashes } from '../inference/model-files.ts'
import type { ResolvedModel } from '../inference/model-presets.ts'
import { offerModels, type OfferedModels } from '../inference/offered-models.ts'
import { chooseDevice } from '../runtime/device.ts'

/** The models in force, and what was found of their files. */
export interface ModelChecks {
  readonly checks: readonly Check[]
  /** Bytes of the weights in force, as far as presets say them. */
  readonly weightBytes: number
}

/** Files of the models that the settings name: there, of the right size, and with the hashes that the presets know. */
export async function checkModels(config: Config): Promise<ModelChecks> {
  let models: OfferedModels
  try {
    models = offerModels(config, config)
  } catch (error) {
    return { checks: [failed('models', error)], weightBytes: 0 }
  }
  const hashes = await openFileHashes(config.cacheDir)
  const inForce = Object.entries(models).flatMap(([role, [first]]) => (first ? [{ role, model: first }] : []))
  const checks: Check[] = []
  for (const { role, model } of inForce) checks.push(await checkModel(role, model, hashes))
  const files = new Map(
    inForce.flatMap(({ model }) => model.files.map(({ file, sizeBytes }) => [file, sizeBytes ?? 0])),
  )
  return { checks, weightBytes: [...files.values()].reduce((sum, bytes) => sum + bytes, 0) }
}

async function checkModel(role: string, { name, files }: ResolvedModel, hashes: Parameters<typeof checkModelFiles>[1]) {
  const known = files.filter(({ sha256 }) => sha256 !== undefined).length
  try {
    checkFileSizes(files)
    await checkModelFiles(files, hashes)
  } catch (error) {
    return failed(`model ${role}`, error)
  }
  return { name: `model ${role}`, ok: true, detail: `${name}: ${files.length} files, ${known} with a known hash` }
}

/** What would compute, and why nothing better does. */
export async function checkDevice({ device: wanted }: Config): Promise<Check> {
  const name = 'device'
  try {
    const { device, refused } = await chooseDevice(wanted)
    const detail = [`${device} would compute`, ...refused].join('; ')
    if (wanted === 'auto' || device === wanted) return { name, ok: true, detail }
    return {
      name,
      ok: false,
      detail,
      fix: `Install what ${wanted} needs (docs/operations.md), or set LLMGA_DEVICE=auto.`,
    }
  } catch (error) {
    return failed(name, error)
  }
}

function failed(name: string, thrown: unknown): Check {
  const { message, hint } = AppError.from(thrown)
  return { name, ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) }
}
