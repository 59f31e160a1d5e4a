import path from 'node:path'
import { AppError } from '../../contract/errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { openWeightFolder } from '../../weights/weights.ts'
import type { UnetConfig } from '../stable-diffusion/unet-config.ts'
import { readControlNetConfig } from './controlnet-config.ts'
import { conditionGraph, controlNetGraph } from './controlnet-graph.ts'

/** What a UNet's batch is told at a step, as a ControlNet is told it, too. */
export interface ControlInputs {
  /** [b, c, h, w]; channels beyond the ControlNet's own (an inpainting model's mask and picture) are left out. */
  readonly sample: FloatTensor
  /** [b] */
  readonly timestep: FloatTensor
  /** [b, tokens, d] */
  readonly encoder_hidden_states: FloatTensor
  /** SDXL's text_embeds and time_ids. */
  readonly [input: string]: FloatTensor
}

/** A ControlNet (arXiv 2302.05543), loaded. */
export interface ControlNet {
  /** What the network makes of a condition picture, [1, 3, H, W] in [0, 1] -> [1, ch0, H/8, W/8]; once a picture. */
  features(condition: FloatTensor): Promise<FloatTensor>
  /** Inputs of the UNet's `controlVariant`, scaled: down_residual_<k> and mid_residual. */
  residuals(inputs: ControlInputs, features: FloatTensor, scale: number): Promise<Record<string, FloatTensor>>
}

/**
 * Loads a diffusers ControlNetModel folder for a UNet. Throws AppError `weights/shape-mismatch` when it was made for
 * another base, and what `readControlNetConfig` and `openWeightFolder` throw.
 */
export async function loadControlNet(folder: string, unet: UnetConfig, runtime: Runtime): Promise<ControlNet> {
  const config = readControlNetConfig(folder)
  checkBase(folder, config.unet, unet)
  const map = openWeightFolder(folder, 'diffusion_pytorch_model')
  const condition = await runtime.load(conditionGraph(config, map))
  const net = await runtime.load(controlNetGraph(config, map))
  const isXl = config.unet.file.addition_embed_type === 'text_time'
  return {
    async features(picture) {
      const isBgr = config.condition.controlnet_conditioning_channel_order === 'bgr'
      const run = await condition.run({ condition: isBgr ? flipChannels(picture) : picture })
      return run['features'] as FloatTensor
    },
    async residuals(inputs, features, scale) {
      const { timestep, encoder_hidden_states, text_embeds, time_ids } = inputs
      const run = await net.run({
        sample: firstChannels(inputs.sample, config.unet.file.in_channels),
        timestep,
        encoder_hidden_states,
        ...(isXl && { text_embeds: text_embeds!, time_ids: time_ids! }),
        features,
        scale: float32(new Float32Array([scale]), []),
      })
      return run as Record<string, FloatTensor>
    },
  }
}

/** What of a UNet decides whether residuals of another fit: channels and resnets of each level, width of the text. */
const structure = ({ down, contextDim }: UnetConfig): string =>
  `levels of ${down.map(({ channels, resnets }) => `${resnets} x ${channels}`).join(', ')} channels, text of width ${contextDim}`

function checkBase(folder: string, own: UnetConfig, unet: UnetConfig): void {
  if (structure(own) === structure(unet)) return
  throw new AppError('weights/shape-mismatch', {
    message: `the ControlNet ${path.basename(folder)} was made for another base: it has ${structure(own)}; this model has ${structure(unet)}`,
    hint: 'Choose a ControlNet for this kind of model (SD 1.5, SDXL).',
    details: { folder },
  })
}

/** [b, c, h, w] -> [b, count, h, w]. */
function firstChannels({ data, shape }: FloatTensor, count: number): FloatTensor {
  const [rows, channels, height, width] = shape as [number, number, number, number]
  if (channels === count) return float32(data, shape)
  const [from, to] = [channels * height * width, count * height * width]
  const out = new Float32Array(rows * to)
  for (let row = 0; row < rows; row++) out.set(data.subarray(row * from, row * from + to), row * to)
  return float32(out, [rows, count, height, width])
}

/** [1, 3, h, w] with red and blue exchanged. */
function flipChannels({ data, shape }: FloatTensor): FloatTensor {
  const plane = data.length / 3
  const out = new Float32Array(data.length)
  for (let c = 0; c < 3; c++) out.set(data.subarray(c * plane, (c + 1) * plane), (2 - c) * plane)
  return float32(out, shape)
}
