import path from 'node:path'
import { loadClipTextEncoder } from '../../../src/families/clip/text-encoder.ts'
import { loadDenoiser, withInputs } from '../../../src/families/stable-diffusion/denoiser.ts'
import { loraVariant } from '../../../src/families/stable-diffusion/lora-variant.ts'
import { float32, type FloatTensor } from '../../../src/tensor/tensor.ts'
import { loadClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import { openLora } from '../../../src/weights/lora-file.ts'
import { combineLoras, loraFitter } from '../../../src/weights/lora.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../cpu.ts'
import type { GoldenKind } from '../runner.ts'

/** A stored timestep (scalar or [b], integer or float) as [b] float32. */
function timestepOf(goldenCase: GoldenCase, batch: number): FloatTensor {
  const { data } = goldenCase.tensor('input.timestep')
  return float32(
    Float32Array.from({ length: batch }, (_, i) => Number(data[data.length === 1 ? 0 : i])),
    [batch],
  )
}

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

export const adapterKinds: Record<string, GoldenKind> = { lora }
