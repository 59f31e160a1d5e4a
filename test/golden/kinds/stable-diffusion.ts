import {
  latentDistribution,
  openAutoencoder,
  sampleLatents,
} from '../../../src/families/stable-diffusion/autoencoder.ts'
import { loadDenoiser } from '../../../src/families/stable-diffusion/denoiser.ts'
import { unetTaps } from '../../../src/families/stable-diffusion/unet.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'
import { timestepOf } from '../timestep.ts'

async function unetForward(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { session } = await loadDenoiser(goldenCase.model(), await goldenRuntime(), { taps: true })
  const sample = goldenCase.float('input.sample')
  const results = await session.run({
    sample,
    timestep: timestepOf(goldenCase, sample.shape[0]!),
    encoder_hidden_states: goldenCase.float('input.encoder_hidden_states'),
    ...(goldenCase.has('input.text_embeds')
      ? { text_embeds: goldenCase.float('input.text_embeds'), time_ids: goldenCase.float('input.time_ids') }
      : {}),
  })
  for (const name of ['output', ...unetTaps]) check.tensor(name, results[name]!.data, results[name]!.shape)
  await session.release()
}

async function vae(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const autoencoder = openAutoencoder(goldenCase.model(), await goldenRuntime())
  const moments = await autoencoder.encodeMoments(goldenCase.float('input.image'))
  const { mean, logvar, std } = latentDistribution(moments)
  const scaled = mean.data.map((value) => value * autoencoder.config.scaling_factor)
  check.tensor('moments', moments.data, moments.shape)
  check.tensor('logvar', logvar.data, logvar.shape)
  check.tensor('std', std.data, std.shape)
  check.tensor('sample', sampleLatents({ mean, logvar, std }, goldenCase.float('input.draw.000').data).data, mean.shape)
  check.tensor('latents_scaled', scaled, mean.shape)
  check.tensor('decoded', (await autoencoder.decode(goldenCase.float('input.latents'))).data)
  check.tensor('reconstruction', (await autoencoder.decode({ ...mean, data: scaled })).data)
  for (const session of autoencoder.sessions()) await session.release()
}

export const stableDiffusionKinds: Record<string, GoldenKind> = {
  unet_forward: unetForward,
  vae,
}
