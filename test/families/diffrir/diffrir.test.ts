import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DiffRirArguments, RestoreScale } from '../../../src/families/diffrir/diffrir-config.ts'
import { joinFeatures, loadDiffRir } from '../../../src/families/diffrir/diffrir.ts'
import { cropTensor, lowQualityInput, padReflect, toPixels } from '../../../src/families/diffrir/low-quality-input.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import { openSafetensors, readWeight } from '../../../src/weights/safetensors.ts'
import { temporaryFolder } from '../../weights/write-safetensors.ts'
import { largestDifference } from '../stable-diffusion/reference.ts'

const folder = temporaryFolder()
const runtime = await createRuntime({ device: 'cpu' })
const models = path.resolve('models/llmga-tiny/diffrir')
const fileOf = (scale: RestoreScale) => path.join(models, `DiffRIR-tiny-x${scale}.pth`)
const config = JSON.parse(readFileSync(path.join(models, 'config.json'), 'utf8')) as Record<
  string,
  { arch: DiffRirArguments }
>
const stored = openSafetensors('test/fixtures/llmga-tiny/diffrir-reference.safetensors').tensors

/** A stored float32 tensor; bytes become shares of 255. */
function reference(name: string): FloatTensor {
  const { dtype, data, shape } = readWeight(stored.get(name)!)
  return float32(
    dtype === 'uint8' ? Float32Array.from(data as Uint8Array, (v) => v / 255) : (data as Float32Array),
    shape,
  )
}

/** Planes one behind the other. */
function planes(...parts: FloatTensor[]): FloatTensor {
  const data = Float32Array.from(parts.flatMap((part) => [...part.data]))
  return float32(data, [1, parts.reduce((sum, { shape }) => sum + shape[1]!, 0), ...parts[0]!.shape.slice(2)])
}

// Both sides compute in float32, in another order of additions; the stored output is rounded to fp16.
describe.each([1, 2] as const)('the embedded DiffRIR x%i computes what the official one does:', (scale) => {
  it.each([
    ['with its config', config[`x${scale}`]!.arch],
    ['from its weights alone', {}],
  ])('%s', async (_, given) => {
    const network = await loadDiffRir(fileOf(scale), given, runtime)
    const lq = planes(reference(`x${scale}.drawn`), reference(`x${scale}.kept`))
    const { condition, prior } = await network.diffuse(await network.features(lq), reference(`x${scale}.noise`))
    expect(largestDifference(condition.data, reference(`x${scale}.condition`).data)).toBeLessThan(1e-5)
    expect(largestDifference(prior.data, reference(`x${scale}.ipr`).data)).toBeLessThan(1e-5)
    const sr = await network.restore(lq, prior)
    expect(sr.shape).toEqual([1, 3, 128 * scale, 128 * scale])
    expect(largestDifference(sr.data, reference(`x${scale}.output`).data)).toBeLessThan(6e-4)
    for (const session of network.sessions) await session.release()
  })
})

describe('a DiffRIR checkpoint', () => {
  const arch = config['x1']!.arch
  it.each([
    ['another scale', { scale: 2 }, 'weights/shape-mismatch', /takes 96 channels, which is DiffRIR x1, not x2$/],
    [
      'more blocks',
      { num_blocks: [3, 1, 1, 1] },
      'weights/missing',
      /no tensor .*G\.encoder_level1\.2\.norm1\.body\.weight$/,
    ],
    [
      'fewer blocks',
      { num_blocks: [1, 1, 1, 1] },
      'weights/shape-mismatch',
      /tensor G\.encoder_level1\.1\..*no place$/,
    ],
    ['another width', { dim: 24 }, 'weights/shape-mismatch', /G\.patch_embed\.proj\.weight is \[16, 96, 3, 3\]/],
    ['wider feed-forwards', { ffn_expansion_factor: 2.66 }, 'weights/shape-mismatch', /ffn\.project_in\.weight is/],
    ['norms with a bias', { LayerNorm_type: 'WithBias' }, 'weights/missing', /norm1\.body\.bias$/],
    ['other heads', { heads: [2, 2, 4, 8] }, 'weights/shape-mismatch', /attn\.temperature is \[1, 1, 1\]/],
    ['more steps', { timesteps: 5 }, 'weights/shape-mismatch', /posterior_mean_coef1 is \[4\]/],
  ] as const)('is refused with a config that asks for %s, by name', async (_, change, code, message) => {
    const loading = loadDiffRir(fileOf(1), { ...arch, ...change } as DiffRirArguments, runtime)
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('that lacks a tensor is refused, by name', async () => {
    const file = path.join(folder, 'lacking.pth')
    const bytes = readFileSync(fileOf(1)).toString('latin1').replace('G.tail.1.weight', 'G.tail.1.weighs')
    writeFileSync(file, bytes, 'latin1')
    await expect(loadDiffRir(file, arch, runtime)).rejects.toMatchObject({
      code: 'weights/missing',
      message: expect.stringMatching(/there is no tensor (params_ema\.)?G\.tail\.1\.weight$/) as string,
    })
  })
})

describe('what DiffRIR is fed', () => {
  const picture = (width: number, height: number, value: (i: number) => number) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(i)),
  })

  it('puts the pixels of each square of the kept picture into channels, black where it is drawn', () => {
    const drawn = picture(1, 2, () => 255)
    const original = picture(2, 4, (i) => i * 10)
    const mask = { data: Uint8Array.from([0, 0, 0, 0, 0, 127, 128, 255]) }
    const { shape, data } = lowQualityInput(drawn, 2, { picture: original, mask })
    expect(shape).toEqual([1, 15, 2, 1])
    const red = Array.from(data.subarray(6, 14), (v) => Math.round(v * 255))
    // channels of y, x in the square: (0,0), (0,1), (1,0), (1,1); two rows each
    expect(red).toEqual([0, 120, 30, 150, 60, 0, 90, 0])
    expect([...lowQualityInput(drawn, 2).data.subarray(6)]).toEqual(new Array(24).fill(0))
  })

  it('is mirrored to whole windows, however small it is, and cut back', () => {
    const tensor = float32(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 1, 2, 3])
    const padded = padReflect(tensor, 4)
    expect([...padded.data]).toEqual([1, 2, 3, 2, 4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5])
    expect([...cropTensor(padded, 2, 3).data]).toEqual([1, 2, 3, 4, 5, 6])
    expect([...padReflect(float32(Float32Array.of(7), [1, 1, 1, 1]), 2).data]).toEqual([7, 7, 7, 7])
    expect(padReflect(tensor, 1).shape).toEqual([1, 1, 2, 3])
  })

  it('comes back as bytes, clamped and rounded halves to even', () => {
    const values = [-1, 2, 0.5 / 255, 1.5 / 255, 0.2, 1]
    const { data } = toPixels(float32(Float32Array.from(values), [1, 3, 1, 2]))
    expect([...data]).toEqual([0, 0, 51, 255, 2, 255])
  })

  it('in pieces has the mean of the pieces features, by their pixels', () => {
    const features = (...values: number[]) => float32(Float32Array.from(values), [1, 2])
    const joined = joinFeatures([
      { features: features(1, 0), pixels: 3 },
      { features: features(5, 4), pixels: 1 },
    ])
    expect([...joined.data]).toEqual([2, 1])
  })
})
