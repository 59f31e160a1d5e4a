import { noResiduals } from '../families/controlnet/control-variant.ts'
import type { ControlInputs, ControlNet } from '../families/controlnet/controlnet.ts'
import type { UnetConfig } from '../families/stable-diffusion/unet-config.ts'
import type { FloatTensor } from '../tensor/tensor.ts'
import type { StepInputs } from './denoise.ts'

/** How strongly a ControlNet is followed, from and to which share of the steps. */
export interface ControlStrength {
  readonly scale: number
  readonly start: number
  readonly end: number
}

/** A ControlNet's residuals at each step; none at steps that do not lie wholly within start and end. */
export function controlSteps(
  { net, features, unet }: { readonly net: ControlNet; readonly features: FloatTensor; readonly unet: UnetConfig },
  { scale, start, end }: ControlStrength,
): StepInputs {
  const none = noResiduals(unet)
  return ({ sample, timestep, context, index, steps }) => {
    if (index / steps < start || (index + 1) / steps > end) return none
    return net.residuals({ ...context, sample, timestep } as ControlInputs, features, scale)
  }
}
