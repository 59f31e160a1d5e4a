import path from 'node:path'
import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { crossAttentions } from '../../../src/families/ip-adapter/attention-places.ts'
import { loadIpAdapter } from '../../../src/families/ip-adapter/ip-adapter.ts'
import type { ImageScale } from '../../../src/families/ip-adapter/scales.ts'
import { stackBatch } from '../../../src/families/stable-diffusion/guidance.ts'
import type { UnetConfig } from '../../../src/families/stable-diffusion/unet-config.ts'
import { loadDenoiser, withInputs } from '../../../src/families/stable-diffusion/denoiser.ts'
import { loraVariant } from '../../../src/families/stable-diffusion/lora-variant.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import { openLora } from '../../../src/weights/lora-file.ts'
import { combineLoras, loraFitter } from '../../../src/weights/lora.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'
import { timestepOf } from '../timestep.ts'

/** Merging W + scale * factor * up down and adding the branch beside W are one sum; the branch must meet both. */
async function lora(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { files, scale, prompt } = goldenCase.inputs as { files: string[]; scale: number; prompt: string }
  const part = (name: string) => path.join(goldenCase.model(), name)
  const runtime = await goldenRuntime()
  const textEncoder = await loadClipTextEncoder(part('text_encoder'), runtime)
  const denoiser = await loadDenoiser(part('unet'), runtime)
  const ids = [loadClipTokenizer(part('tokenizer')).encodePadded(prompt)]
  const sample = goldenCase.float('input.sample')
  const compare = async (names: readonly string[], encoder = textEncoder, unet = denoiser) => {
    const { lastHiddenState: text } = await encoder.encode(ids)
    const output = await unet.denoise({
      sample,
      timestep: timestepOf(goldenCase, sample.shape[0]!),
      encoder_hidden_states: text,
    })
    for (const name of names) {
      check.tensor(`${name}.text_embeds`, text.data, text.shape)
      check.tensor(`${name}.output`, output.data, output.shape)
    }
  }
  await compare(['base'])
  const fit = loraFitter({
    unet: openWeightFolder(part('unet'), 'diffusion_pytorch_model'),
    text_encoder: openWeightFolder(part('text_encoder'), 'model'),
  })
  for (const file of files) {
    const fitted = fit(openLora(part(file)))
    const unet = combineLoras([{ pairs: fitted.unet ?? new Map(), weight: scale }])
    const encoder = combineLoras([{ pairs: fitted.text_encoder ?? new Map(), weight: scale }])
    const { name } = path.parse(file)
    await compare(
      [`${name}.unmerged`, `${name}.merged`],
      await textEncoder.withLora(encoder),
      withInputs(await denoiser.variant(loraVariant(unet.modules)), unet.inputs),
    )
  }
  for (const session of runtime.sessions) await session.release()
}

interface IpAdapterInputs {
  readonly weight_name: string
  readonly scale: number
  readonly plus?: boolean
  readonly scale_blocks?: ImageScale
}

/** Both kinds of IP-Adapter cases; SDXL's has scales by block and the UNet's further inputs. */
async function ipAdapter(goldenCase: GoldenCase, check: Checker, folder: string): Promise<void> {
  const { weight_name: weightName, scale, scale_blocks: scaleBlocks } = goldenCase.inputs as unknown as IpAdapterInputs
  const runtime = await goldenRuntime()
  const denoiser = await loadDenoiser(path.join(goldenCase.model(), 'unet'), runtime)
  const below = path.join(goldenCase.model(), 'ip_adapter', folder)
  const places = { file: path.join(below, weightName), imageEncoder: path.join(below, 'image_encoder') }
  const adapter = await loadIpAdapter(places, denoiser.config, runtime)
  const prompt = await adapter.encode(goldenCase.float('input.pixel_values'))
  const tokens = stackBatch(prompt.negativeTokens, prompt.tokens)
  check.tensor('image_embeds', prompt.embeds.data, prompt.embeds.shape)
  if (goldenCase.has('expected.negative_image_embeds'))
    check.tensor('negative_image_embeds', prompt.negativeEmbeds.data, prompt.negativeEmbeds.shape)
  check.tensor('image_tokens', tokens.data)
  const sample = goldenCase.float('input.sample')
  const more = ['text_embeds', 'time_ids'].filter((name) => goldenCase.has(`input.${name}`))
  const variant = await denoiser.variant(adapter.variant)
  const compare = async (name: string, value: ImageScale) => {
    const output = await withInputs(variant, { image_scales: adapter.scales(value) }).denoise({
      sample: stackBatch(sample, sample),
      timestep: timestepOf(goldenCase, 2),
      encoder_hidden_states: goldenCase.float('input.encoder_hidden_states'),
      ...Object.fromEntries(more.map((input) => [input, goldenCase.float(`input.${input}`)])),
      image_tokens: tokens,
    })
    check.tensor(name, output.data, output.shape)
  }
  await compare('output', scale)
  await compare('output_scale0', 0)
  checkOrder(goldenCase, check, denoiser.config)
  if (scaleBlocks !== undefined) {
    await compare('output_blocks', scaleBlocks)
    const found = crossAttentions(denoiser.config)
    const values = adapter.scales(scaleBlocks).data
    const expected = goldenCase.expected['scale_blocks_by_processor'] as Record<string, number>
    check.json(
      'processors with a scale',
      new Set(found.map(({ path: at }) => `${at}.processor`)),
      new Set(Object.keys(expected)),
    )
    found.forEach(({ path: at }, i) => check.floats(`scale of ${at}`, [values[i]!], [expected[`${at}.processor`]!]))
  }
  for (const session of runtime.sessions) await session.release()
}

/** The UNet's attentions stand in the list of processors in the order that numbers the weights; Plus's own follow. */
function checkOrder(goldenCase: GoldenCase, check: Checker, config: UnetConfig): void {
  const order = goldenCase.expected['attn_processor_order'] as string[]
  const places = crossAttentions(config)
  const own = places.flatMap(({ path: at }) => [`${at.slice(0, -1)}1.processor`, `${at}.processor`])
  check.json('attn_processor_order', own, order.slice(0, own.length))
  check.that(
    'further processors',
    order.slice(own.length).every((name) => name.startsWith('encoder_hid_proj.')),
  )
  const numbers = places.map(({ path: at }) => order.indexOf(`${at}.processor`))
  check.json(
    'numbers',
    places.map(({ number }) => number),
    numbers,
  )
}

export const adapterKinds: Record<string, GoldenKind> = {
  lora,
  ip_adapter: (goldenCase, check) => ipAdapter(goldenCase, check, 'models'),
  ip_adapter_sdxl: (goldenCase, check) => ipAdapter(goldenCase, check, 'sdxl_models'),
}
