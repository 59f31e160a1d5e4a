import type { Config } from '../../config/schema.ts'
import type { Check } from '../contract/check.ts'
import { AppError } from '../contract/errors.ts'
import { checkFileSizes, checkModelFiles, openFileHashes } from '../inference/model-files.ts'
import type { ResolvedModel } from '../inference/model-presets.ts'
import { offerModels, type OfferedModels } from '../inference/offered-models.ts'
import { wantedDevices } from '../inference/devices.ts'
import { chooseDevice, deviceName, parseDevice, type DeviceSetting } from '../runtime/device.ts'

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

/** What would compute, and why nothing better does: one check, or one each for the language model and for pictures. */
export async function checkDevices(config: Config): Promise<readonly Check[]> {
  const { mllm, pictures } = wantedDevices(config)
  if (mllm === pictures) return [await checkDevice('device', mllm)]
  return [await checkDevice('device of mllm', mllm), await checkDevice('device of pictures', pictures)]
}

async function checkDevice(name: string, wanted: DeviceSetting): Promise<Check> {
  try {
    const { device, index, refused } = await chooseDevice(wanted)
    const detail = [`${deviceName(device, index)} would compute`, ...refused].join('; ')
    if (wanted === 'auto' || device === parseDevice(wanted).device) return { name, ok: true, detail }
    return {
      name,
      ok: false,
      detail,
      fix: `Install what ${wanted} needs (docs/operations.md), or name another one (auto takes what works).`,
    }
  } catch (error) {
    return failed(name, error)
  }
}

function failed(name: string, thrown: unknown): Check {
  const { message, hint } = AppError.from(thrown)
  return { name, ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) }
}
