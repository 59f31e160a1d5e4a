import { createHash } from 'node:crypto'
import type { LoraModules } from '../../weights/weights.ts'
import type { UnetVariant } from './unet.ts'

/** The UNet with LoRA branches in some of its modules; their matrices are inputs (`LoraInputs`). */
export function loraVariant(modules: LoraModules): UnetVariant {
  const list = createHash('sha256').update([...modules].sort().join())
  return { name: `lora-${list.digest('hex').slice(0, 12)}`, loraModules: modules }
}
