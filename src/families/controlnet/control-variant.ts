import { zeros, type FloatTensor } from '../../tensor/tensor.ts'
import type { UnetVariant } from '../stable-diffusion/unet.ts'
import { midResidualName, residualName, skipCount } from './controlnet-graph.ts'
import type { UnetConfig } from '../stable-diffusion/unet-config.ts'

/** The UNet with a ControlNet's residuals as inputs, of any shape that broadcasts to the skips. */
export const controlVariant: UnetVariant = {
  name: 'control',
  attach(g, config) {
    const residual = (name: string) =>
      g.input(
        name,
        'float32',
        ['b', 'c', 'h', 'w'].map((axis) => `${name} ${axis}`),
      )
    return {
      skipResiduals: Array.from({ length: skipCount({ unet: config }) }, (_, k) => residual(residualName(k))),
      midResidual: residual(midResidualName),
    }
  },
}

/** Residuals that change nothing: one zero for each. */
export function noResiduals(unet: UnetConfig): Record<string, FloatTensor> {
  const zero = zeros([1, 1, 1, 1])
  const names = Array.from({ length: skipCount({ unet }) }, (_, k) => residualName(k))
  return Object.fromEntries([...names, midResidualName].map((name) => [name, zero]))
}
