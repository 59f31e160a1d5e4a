import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { conditionTensor } from '../../../src/families/controlnet/condition-picture.ts'
import { midResidualName, residualName } from '../../../src/families/controlnet/controlnet-graph.ts'
import { loadControlNet } from '../../../src/families/controlnet/controlnet.ts'
import {
  loadStableDiffusion,
  partsOf,
  type StableDiffusion,
} from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { createRuntime, type Runtime } from '../../../src/runtime/runtime.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import { openSafetensors, readWeight } from '../../../src/weights/safetensors.ts'
import { temporaryFolder } from '../../weights/write-safetensors.ts'
import { largestDifference, pictureOf } from '../stable-diffusion/reference.ts'

const tiny = path.resolve('models/llmga-tiny')
const folder = path.join(tiny, 'controlnet')
const reference = openSafetensors('test/fixtures/llmga-tiny/addons-reference.safetensors').tensors
const expected = (name: string) => readWeight(reference.get(`controlnet.${name}`)!) as FloatTensor
const temporary = temporaryFolder()

/** The embedded ControlNet with other settings. */
function altered(change: object): string {
  const copy = path.join(temporary, String(Math.random()))
  cpSync(folder, copy, { recursive: true })
  const file = path.join(copy, 'config.json')
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }))
  return copy
}

describe('ControlNet', () => {
  let runtime: Runtime
  let model: StableDiffusion
  beforeAll(async () => {
    runtime = await createRuntime({ device: 'cpu' })
    model = await loadStableDiffusion(partsOf(path.join(tiny, 'sd-t2i')), runtime)
  })
  const load = (from = folder) => loadControlNet(from, model.denoiser.config, runtime)
  const size = { width: 128, height: 128 }
  const inputs = async (sample = expected('initial_latents')) => {
    const { positive } = await model.encode({ prompt: 'a purple bird on a meadow' }, { scheme: 'plain', ...size })
    return {
      ...(positive as { encoder_hidden_states: FloatTensor }),
      sample,
      timestep: float32(new Float32Array([801]), [1]),
    }
  }

  it("gives diffusers' residuals, times the scale", async () => {
    const net = await load()
    const features = await net.features(conditionTensor(await pictureOf('addon_controlnet_edges.png'), size))
    const whole = await net.residuals(await inputs(), features, 1)
    const half = await net.residuals(await inputs(), features, 0.5)
    const pairs = { [residualName(0)]: 'down0_t801', [residualName(5)]: 'down5_t801', [midResidualName]: 'mid_t801' }
    for (const [name, known] of Object.entries(pairs)) {
      const { data, shape } = expected(known)
      expect(whole[name]!.shape).toEqual(shape)
      expect(largestDifference(whole[name]!.data, data)).toBeLessThan(1e-3)
      expect(
        largestDifference(
          half[name]!.data,
          data.map((value) => value / 2),
        ),
      ).toBeLessThan(1e-3)
    }
  })

  it("does not look at the further channels of an inpainting model's input", async () => {
    const net = await load()
    const features = await net.features(conditionTensor(await pictureOf('addon_controlnet_edges.png'), size))
    const { data, shape } = expected('initial_latents')
    const wide = new Float32Array((data.length / 4) * 9).fill(3)
    wide.set(data)
    const nine = await net.residuals(await inputs(float32(wide, [1, 9, ...shape.slice(2)])), features, 1)
    const four = await net.residuals(await inputs(), features, 1)
    expect(nine[midResidualName]!.data).toEqual(four[midResidualName]!.data)
  })

  it('exchanges red and blue where its config says so', async () => {
    const rgb = await load()
    const bgr = await load(altered({ controlnet_conditioning_channel_order: 'bgr' }))
    const red = { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, (_, i) => (i % 3 === 0 ? 255 : 0)) }
    const blue = { ...red, data: red.data.map((_, i) => red.data[i - (i % 3) + 2 - (i % 3)]!) }
    const small = { width: 16, height: 16 }
    const [one, other] = [
      await rgb.features(conditionTensor(red, small)),
      await bgr.features(conditionTensor(blue, small)),
    ]
    expect(one.data).toEqual(other.data)
    expect((await rgb.features(conditionTensor(blue, small))).data).not.toEqual(one.data)
  })

  it('is refused on a UNet of another base, naming both structures', async () => {
    const refused = load(altered({ block_out_channels: [96, 128, 256], cross_attention_dim: 768 }))
    await expect(refused).rejects.toMatchObject({ code: 'weights/shape-mismatch' })
    await expect(refused).rejects.toThrow(
      /made for another base: .* 1 x 256 channels, text of width 768; this model has/,
    )
  })

  it('is refused with an option that there is no code for', async () => {
    await expect(load(altered({ global_pool_conditions: true }))).rejects.toThrow('global_pool_conditions')
  })
})
