import { describe, expect, it } from 'vitest'
import { openAutoencoder } from '../../../src/families/stable-diffusion/autoencoder.ts'
import { runTiled } from '../../../src/families/stable-diffusion/vae-tiles.ts'
import { vaePreprocess } from '../../../src/image/vae-preprocess.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { createTorchGenerator } from '../../../src/tensor/torch-random.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import { embedded } from './altered-folder.ts'
import { floatReference, largestDifference, pictureOf } from './reference.ts'

const runtime = await createRuntime({ device: 'cpu' })
const whole = openAutoencoder(embedded('vae'), runtime)
const tiled = openAutoencoder(embedded('vae'), runtime, { tiles: { wholeLatents: 64, side: 8, overlap: 4 } })
const meanDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length

/** Each value four times in a square: what a network would do that sees one place only. */
async function enlarge({ data, shape }: FloatTensor): Promise<FloatTensor> {
  const [, channels, height, width] = shape as [number, number, number, number]
  const out = new Float32Array(channels * height * width * 4)
  for (let i = 0; i < out.length; i++) {
    const [c, y, x] = [
      Math.floor(i / (4 * height * width)),
      Math.floor(i / (2 * width)) % (2 * height),
      i % (2 * width),
    ]
    out[i] = data[(c * height + (y >> 1)) * width + (x >> 1)]!
  }
  return float32(out, [1, channels, 2 * height, 2 * width])
}

describe('a large tensor in tiles', () => {
  it.each([
    [9, 9],
    [8, 31],
    [20, 13],
  ])('of %d x %d has every value where it belongs', async (height, width) => {
    const input = createTorchGenerator(1).randn([1, 3, height, width])
    let turns = 0
    const output = await runTiled({
      input,
      inputScale: 1,
      outputScale: 2,
      tiles: { wholeLatents: 64, side: 8, overlap: 3 },
      run: enlarge,
      turn: async () => void turns++,
    })
    const expected = await enlarge(input)
    expect(output.shape).toEqual(expected.shape)
    expect(largestDifference(output.data, expected.data)).toBeLessThan(1e-6)
    expect(turns).toBeGreaterThan(1)
  })

  it('that is small is run whole', async () => {
    const input = createTorchGenerator(1).randn([1, 3, 8, 8])
    const sizes: number[] = []
    const run = (part: FloatTensor) => (sizes.push(part.data.length), enlarge(part))
    await runTiled({ input, inputScale: 1, outputScale: 2, tiles: { wholeLatents: 64, side: 4, overlap: 1 }, run })
    expect(sizes).toEqual([192])
  })
})

describe('the embedded autoencoder in tiles', () => {
  it('decodes nearly what it decodes whole', async () => {
    const { data, shape } = floatReference('vae.mean')
    const latents = float32(
      data.map((value) => value * whole.config.scaling_factor),
      shape,
    )
    const [expected, got] = [await whole.decode(latents), await tiled.decode(latents)]
    expect(got.shape).toEqual(expected.shape)
    expect(meanDifference(got.data, expected.data)).toBeLessThan(0.05) // of 2 from black to white
    expect(meanDifference(got.data, expected.data)).toBeGreaterThan(0)
  })

  it('encodes nearly what it encodes whole', async () => {
    const image = vaePreprocess(await pictureOf('sample-cat.png'))
    const [expected, got] = [await whole.encodeMoments(image), await tiled.encodeMoments(image)]
    expect(got.shape).toEqual(expected.shape)
    const scale = Math.sqrt(expected.data.reduce((sum, value) => sum + value * value, 0) / expected.data.length)
    expect(meanDifference(got.data, expected.data)).toBeLessThan(0.1 * scale)
  })
})
