import path from 'node:path'
import { diffRirArgumentsSchema, padMultiple } from '../../../src/families/diffrir/diffrir-config.ts'
import { loadDiffRir, type DiffRir } from '../../../src/families/diffrir/diffrir.ts'
import { cropTensor, lowQualityInput, padReflect, toPixels } from '../../../src/families/diffrir/low-quality-input.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'

/** A stored picture [h, w, 3]. */
function picture(goldenCase: GoldenCase, name: string) {
  const { data, shape } = goldenCase.tensor(`input.${name}`)
  return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array }
}

/** sr * mask + (1 - mask) * original, mask [h, w] of 0 and 255. */
function pasted(sr: FloatTensor, original: Uint8Array, mask: Uint8Array): FloatTensor {
  const plane = mask.length
  const data = sr.data.map((value, i) => {
    const at = i % plane
    return mask[at]! >= 127.5 ? value : Math.fround(original[at * 3 + Math.floor(i / plane)]! / 255)
  })
  return float32(data, sr.shape)
}

async function restore(goldenCase: GoldenCase, network: DiffRir, check: Checker): Promise<void> {
  const { scale } = network.config
  const [image, original, stored] = [
    picture(goldenCase, 'image_u8'),
    picture(goldenCase, 'gt_u8'),
    picture(goldenCase, 'mask_u8'),
  ]
  const mask = stored.data.filter((_, i) => i % 3 === 0)
  check.that(
    'the mask is grey',
    mask.every((value, i) => value === stored.data[i * 3 + 1] && value === stored.data[i * 3 + 2]),
  )
  const lq = lowQualityInput(image, scale, { picture: original, mask: { data: mask } })
  const padded = padReflect(lq, padMultiple(scale))
  const prior = await network.diffuse(await network.features(padded), goldenCase.float('input.draw.000'))
  const restored = await network.restore(padded, prior.prior)
  const sr = pasted(cropTensor(restored, original.height, original.width), original.data, mask)
  const history = ({ data, shape: [steps, size] }: FloatTensor) => float32(data, [steps!, 1, size!])
  const tensors = {
    lq,
    lq_padded: padded,
    condition: prior.condition,
    ipr_steps: history(prior.steps),
    x0_predictions: history(prior.predictions),
    sr_padded: restored,
    sr,
  }
  for (const [name, { data, shape }] of Object.entries(tensors)) check.tensor(name, data, shape)
  check.pictures('sr_u8', toPixels(sr).data)
  check.json('pad_h', padded.shape[2]! - image.height)
  check.json('pad_w', padded.shape[3]! - image.width)
}

const diffrir: GoldenKind = async (goldenCase, check) => {
  const { file, config, n_feats: features } = goldenCase.inputs
  const checkpoint = path.join(goldenCase.model(), file as string)
  const network = await loadDiffRir(checkpoint, diffRirArgumentsSchema.parse(config), await goldenRuntime())
  check.json('n_feats', network.config.features, features)
  for (const name of ['betas', 'alphas_cumprod', 'posterior_mean_coef1', 'posterior_mean_coef2'] as const)
    check.json(name, [...network.buffer(name)])
  await restore(goldenCase, network, check)
  // Without a config everything is read from the weights, to the same structure.
  const bare = await loadDiffRir(checkpoint, {}, await goldenRuntime())
  const structure = { ...network.config, ffnFactor: undefined }
  check.json('structure', bare.config, structure)
  for (const session of [...network.sessions, ...bare.sessions]) await session.release()
}

export const diffrirKinds: Record<string, GoldenKind> = { diffrir }
