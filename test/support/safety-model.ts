import { cpSync } from 'node:fs'
import path from 'node:path'
import { openSafetensors, readWeight } from '../../src/weights/safetensors.ts'
import { writeSafetensors } from '../weights/write-safetensors.ts'

const tinyChecker = path.resolve('test/golden/cases/sd/safety_checker/model')

/** A tiny safety checker whose every threshold is this: -1 flags every picture. Returns its folder. */
export function writeSafetyModel(folder: string, threshold: number): string {
  cpSync(tinyChecker, folder, { recursive: true })
  const entries = [...openSafetensors(path.join(tinyChecker, 'model.safetensors')).tensors.values()]
  const tensors = entries.map((entry) => {
    const values = [...(readWeight(entry).data as Float32Array)]
    const changed = entry.name.endsWith('_embeds_weights') ? values.map(() => threshold) : values
    return [entry.name, { dtype: 'F32' as const, shape: entry.shape, values: changed }] as const
  })
  writeSafetensors(path.join(folder, 'model.safetensors'), Object.fromEntries(tensors))
  return folder
}
