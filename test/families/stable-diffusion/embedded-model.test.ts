import { describe, expect, it } from 'vitest'
import { latentDistribution, openAutoencoder } from '../../../src/families/stable-diffusion/autoencoder.ts'
import { loadDenoiser } from '../../../src/families/stable-diffusion/denoiser.ts'
import { loadStableDiffusion } from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { unetTaps } from '../../../src/families/stable-diffusion/unet.ts'
import { vaePreprocess } from '../../../src/image/vae-preprocess.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { float32, zeros } from '../../../src/tensor/tensor.ts'
import { temporaryFolder } from '../../weights/write-safetensors.ts'
import { altered, embedded } from './altered-folder.ts'
import { floatReference, largestDifference, pictureOf, reference, rowOf } from './reference.ts'

const root = temporaryFolder()
const runtime = await createRuntime({ device: 'cpu' })
const model = await loadStableDiffusion(embedded, runtime)
const { tokenizer, textEncoder, denoiser, autoencoder } = model

// Both sides compute in float32, in another order of additions: that is all that the tolerances allow.
describe('the embedded model computes what diffusers does:', () => {
  const prompts = ['a red car', 'a big blue cat on the left, on a sandy beach by the sea, cartoon style', '']

  it('tokens', () => {
    expect(prompts.flatMap((prompt) => tokenizer.encodePadded(prompt))).toEqual(
      Array.from(reference('text.input_ids').data as BigInt64Array, Number),
    )
  })

  it('prompt embeddings', async () => {
    const rows = prompts.slice(0, 2).map((prompt) => tokenizer.encodePadded(prompt))
    const { lastHiddenState } = await textEncoder.encode(rows)
    const expected = floatReference('unet.encoder_hidden_states')
    expect(lastHiddenState.shape).toEqual(expected.shape)
    expect(largestDifference(lastHiddenState.data, expected.data)).toBeLessThan(1e-4)
  })

  it('the UNet, in a batch of two timesteps and one by one', async () => {
    const [sample, context, expected] = ['sample', 'encoder_hidden_states', 'output'].map((name) =>
      floatReference(`unet.${name}`),
    )
    const timestep = float32(Float32Array.from(reference('unet.timestep').data as BigInt64Array, Number), [2])
    const inputs = { sample: sample!, timestep, encoder_hidden_states: context! }
    const both = await denoiser.denoise(inputs)
    expect(both.shape).toEqual(expected!.shape)
    expect(largestDifference(both.data, expected!.data)).toBeLessThan(2e-4)
    for (const row of [0, 1]) {
      const alone = await denoiser.denoise({
        sample: rowOf(sample!, row),
        timestep: rowOf(timestep, row),
        encoder_hidden_states: rowOf(context!, row),
      })
      expect(largestDifference(alone.data, rowOf(expected!, row).data)).toBeLessThan(2e-4)
    }
  })

  it('the VAE, both ways', async () => {
    const moments = await autoencoder.encodeMoments(vaePreprocess(await pictureOf('sample-cat.png')))
    const { mean, logvar, std } = latentDistribution(moments)
    expect(mean.shape).toEqual([1, 4, 16, 16])
    expect(largestDifference(mean.data, floatReference('vae.mean').data)).toBeLessThan(1e-3)
    expect(largestDifference(logvar.data, floatReference('vae.logvar').data)).toBeLessThan(1e-3)
    expect(
      largestDifference(
        std.data,
        logvar.data.map((v) => Math.exp(v / 2)),
      ),
    ).toBeLessThan(1e-6)
    const scaled = mean.data.map((value) => value * autoencoder.config.scaling_factor)
    const decoded = await autoencoder.decode({ ...mean, data: scaled })
    expect(decoded.shape).toEqual([1, 3, 128, 128])
    expect(largestDifference(decoded.data, floatReference('vae.decoded_mean').data)).toBeLessThan(1e-3)
  })
})

describe('the UNet', () => {
  it('takes sizes that are no multiple of its downsampling, and prompts of any length', async () => {
    for (const [height, width, tokens] of [
      [5, 7, 77],
      [16, 9, 154],
      [1, 1, 1],
    ] as const) {
      const output = await denoiser.denoise({
        sample: zeros([2, 4, height, width]),
        timestep: float32(Float32Array.of(1, 999), [2]),
        encoder_hidden_states: zeros([2, tokens, 128]),
      })
      expect(output.shape).toEqual([2, 4, height, width])
      expect(output.data.every(Number.isFinite)).toBe(true)
    }
  })

  it('gives the values between its parts when asked, and the same output', async () => {
    const tapped = await loadDenoiser(embedded('unet'), runtime, { taps: true })
    const inputs = {
      sample: rowOf(floatReference('unet.sample'), 0),
      timestep: float32(Float32Array.of(801), [1]),
      encoder_hidden_states: rowOf(floatReference('unet.encoder_hidden_states'), 0),
    }
    const results = await tapped.session.run(inputs)
    expect(Object.keys(results).sort()).toEqual(['output', ...unetTaps].sort())
    expect(results['time_embedding']!.shape).toEqual([1, 384])
    const plain = await denoiser.denoise(inputs)
    expect(largestDifference(results['output']!.data as Float32Array, plain.data)).toBeLessThan(1e-5)
    await tapped.session.release()
  })

  it.each([
    ['9 channels', { in_channels: 9 }, 'weights/shape-mismatch', /conv_in\.weight is \[96, 4, 3, 3\]/],
    ['another width', { block_out_channels: [64, 128, 128] }, 'weights/shape-mismatch', /\.weight is/],
    ['more layers', { layers_per_block: 2 }, 'weights/missing', /down_blocks\.0\.resnets\.1/],
    ['another text encoder', { cross_attention_dim: 768 }, 'weights/shape-mismatch', /attn2\.to_k\.weight is/],
    ['groups that do not divide', { norm_num_groups: 7 }, 'weights/shape-mismatch', /7 groups/],
    ['heads that do not divide', { attention_head_dim: 5 }, 'weights/shape-mismatch', /5 heads/],
    ['a block of another kind', { down_block_types: ['DownBlock3D'] }, 'model/unsupported', /down_block_types/],
    ['too few blocks', { down_block_types: ['DownBlock2D'] }, 'model/unsupported', /down_block_types/],
    ['too few heads', { attention_head_dim: [4, 4] }, 'model/unsupported', /attention_head_dim/],
    ['class embeddings', { class_embed_type: 'timestep' }, 'model/unsupported', /class_embed_type/],
    ['classes', { num_class_embeds: 1000 }, 'model/unsupported', /num_class_embeds/],
    ['a projected text', { encoder_hid_dim: 64 }, 'model/unsupported', /encoder_hid_dim/],
    ['an activation of another kind', { act_fn: 'tanh' }, 'model/unsupported', /act_fn/],
    ['no channels', { block_out_channels: [] }, 'model/unsupported', /block_out_channels/],
  ])('is refused with a config that asks for %s, by name', async (_, config, code, message) => {
    const loading = loadDenoiser(altered(root, 'unet', { config }), runtime)
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it('without one of its tensors is refused, by name', async () => {
    const folder = altered(root, 'unet', { rename: (tensor) => (tensor === 'conv_out.weight' ? undefined : tensor) })
    await expect(loadDenoiser(folder, runtime)).rejects.toMatchObject({
      code: 'weights/missing',
      message: expect.stringMatching(/there is no tensor conv_out\.weight$/) as string,
    })
  })
})

describe('the VAE', () => {
  const latents = rowOf(floatReference('t2i.final_latents'), 0)

  it('reads attention under the names of before diffusers 0.14', async () => {
    const old: Readonly<Record<string, string>> = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' }
    const rename = (name: string) =>
      name.replace(
        /(attentions\.\d+)\.(to_q|to_k|to_v|to_out\.0)\./,
        (_, at: string, key: string) => `${at}.${old[key]}.`,
      )
    const renamed = openAutoencoder(altered(root, 'vae', { rename }), runtime)
    expect((await renamed.decode(latents)).data).toEqual((await autoencoder.decode(latents)).data)
    await Promise.all(renamed.sessions().map((session) => session.release()))
  })

  it('loads each half when it is first used, once', async () => {
    const own = openAutoencoder(embedded('vae'), runtime)
    expect(own.sessions()).toEqual([])
    await Promise.all([own.decode(zeros([1, 4, 1, 1])), own.decode(zeros([1, 4, 2, 3]))])
    expect(own.sessions().map(({ name }) => name)).toEqual(['vae-decoder'])
    expect((await own.encodeMoments(zeros([2, 3, 8, 16]))).shape).toEqual([2, 8, 1, 2])
    expect(own.sessions().map(({ name }) => name)).toEqual(['vae-decoder', 'vae-encoder'])
    await Promise.all(own.sessions().map((session) => session.release()))
  })

  it('tries again to load a half that could not be loaded', async () => {
    let attempts = 0
    const failing = {
      ...runtime,
      load: (...graphs: Parameters<typeof runtime.load>) =>
        attempts++ === 0 ? Promise.reject(new Error('no memory')) : runtime.load(...graphs),
    }
    const own = openAutoencoder(embedded('vae'), failing)
    await expect(own.decode(zeros([1, 4, 1, 1]))).rejects.toThrow('no memory')
    expect((await own.decode(zeros([1, 4, 1, 1]))).shape).toEqual([1, 3, 8, 8])
    await Promise.all(own.sessions().map((session) => session.release()))
  })

  it.each([
    ['other latents', { latent_channels: 16 }, 'weights/shape-mismatch', /post_quant_conv\.weight is/],
    ['more layers', { layers_per_block: 2 }, 'weights/missing', /up_blocks\.0\.resnets\.2/],
    ['groups that do not divide', { norm_num_groups: 5 }, 'weights/shape-mismatch', /5 groups/],
  ])('is refused with a config that asks for %s, by name', async (_, config, code, message) => {
    const own = openAutoencoder(altered(root, 'vae', { config }), runtime)
    const decoding = own.decode(zeros([1, own.config.latent_channels, 1, 1]))
    await expect(decoding).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  it.each([
    ['shifts its latents', { shift_factor: 0.1 }, /shift_factor/],
    ['has blocks of another kind', { up_block_types: ['AttnUpDecoderBlock2D'] }, /up_block_types/],
    ['has latent means', { latents_mean: [0, 0, 0, 0] }, /latents_mean/],
  ])('that %s is not supported, by name', (_, config, message) => {
    expect(() => openAutoencoder(altered(root, 'vae', { config }), runtime)).toThrow(
      expect.objectContaining({ code: 'model/unsupported', message: expect.stringMatching(message) as string }),
    )
  })
})
