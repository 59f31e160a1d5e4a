import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { crossAttentions } from '../../../src/families/ip-adapter/attention-places.ts'
import { loadIpAdapter } from '../../../src/families/ip-adapter/ip-adapter.ts'
import { scalesAt } from '../../../src/families/ip-adapter/scales.ts'
import { loadDenoiser } from '../../../src/families/stable-diffusion/denoiser.ts'
import { unetConfig, unetConfigSchema, type UnetConfig } from '../../../src/families/stable-diffusion/unet-config.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { createRuntime, type Runtime } from '../../../src/runtime/runtime.ts'
import { float32, zeros } from '../../../src/tensor/tensor.ts'
import { readConfig } from '../../../src/weights/config-file.ts'
import { openSafetensors, readWeight, readWeightBytes, type WeightEntry } from '../../../src/weights/safetensors.ts'
import { temporaryFolder, writeSafetensors } from '../../weights/write-safetensors.ts'
import { dictOps, pickle, tensorOps, torchZip } from '../../weights/write-torch.ts'
import { largestDifference } from '../stable-diffusion/reference.ts'

const configOf = (folder: string): UnetConfig =>
  unetConfig(readConfig(path.join(folder, 'unet/config.json'), unetConfigSchema))
const golden = path.resolve('test/golden/cases/sd/_models/sd-a')
const tiny = path.resolve('models/llmga-tiny')
const tinyUnet = configOf(path.join(tiny, 'sd-t2i'))
const plus = {
  file: path.join(tiny, 'ip-adapter/ip-adapter-plus_tiny.safetensors'),
  imageEncoder: path.join(tiny, 'mllm/vision-tower'),
}
const goldenAdapter = (name: string) => path.join(golden, 'ip_adapter/models', name)
const folder = temporaryFolder()
let runtime: Runtime
beforeAll(async () => {
  runtime = await createRuntime({ device: 'cpu' })
})

/** A copy of an adapter's file without some tensors. */
function without(file: string, name: RegExp): string {
  const kept = [...openSafetensors(file).tensors.values()].filter((entry) => !name.test(entry.name))
  const tensor = (entry: WeightEntry) => ({
    dtype: 'F32' as const,
    shape: entry.shape,
    values: [...(readWeight(entry).data as Float32Array)],
  })
  return writeSafetensors(
    path.join(folder, 'altered.safetensors'),
    Object.fromEntries(kept.map((e) => [e.name, tensor(e)])),
  )
}

/** The same adapter as a torch file: two dicts, as h94/IP-Adapter publishes it. */
function asTorchFile(source: string): string {
  const entries = [...openSafetensors(source).tensors.values()]
  const dict = (name: string) =>
    dictOps(
      Object.fromEntries(
        entries
          .filter((entry) => entry.name.startsWith(`${name}.`))
          .map(({ name: full, dtype, shape, length }) => [
            full.slice(name.length + 1),
            tensorOps({ storage: full, dtype, shape, count: length / 2 }),
          ]),
      ),
    )
  const data = pickle(dictOps({ image_proj: dict('image_proj'), ip_adapter: dict('ip_adapter') }))
  const storages = Object.fromEntries(entries.map((entry) => [entry.name, readWeightBytes(entry)]))
  const file = path.join(folder, 'ip-adapter-plus_tiny.bin')
  writeFileSync(file, torchZip(data, storages))
  return file
}

describe('an image prompt', () => {
  it('is the same from a .bin file as from a safetensors file', async () => {
    const unet = await loadDenoiser(path.join(tiny, 'sd-t2i/unet'), runtime)
    const outputs: Float32Array[] = []
    for (const file of [plus.file, asTorchFile(plus.file)]) {
      const adapter = await loadIpAdapter({ ...plus, file }, tinyUnet, runtime)
      const pixels = float32(new Float32Array(3 * 128 * 128).fill(0.5), [1, 3, 128, 128])
      const variant = await unet.variant({ ...adapter.variant, name: file })
      const { data } = await variant.denoise({
        sample: float32(new Float32Array(4 * 64).fill(1), [1, 4, 8, 8]),
        timestep: float32(new Float32Array([500]), [1]),
        encoder_hidden_states: zeros([1, 77, 128]),
        image_tokens: (await adapter.encode(pixels)).tokens,
        image_scales: adapter.scales(1),
      })
      outputs.push(data)
    }
    expect(outputs[1]).toEqual(outputs[0])
  })

  it("has diffusers' tokens, for the picture and for the negative row", async () => {
    const adapter = await loadIpAdapter(plus, tinyUnet, runtime)
    const png = readFileSync('test/fixtures/llmga-tiny/addon_ip_reference.png')
    const pixels = adapter.preprocess(await decodeImage(png, { limits: { maxBytes: 1e6, maxPixels: 1e6 } }))
    const { tokens, negativeTokens } = await adapter.encode(pixels)
    const reference = openSafetensors('test/fixtures/llmga-tiny/addons-reference.safetensors').tensors
    const expected = (name: string) => readWeight(reference.get(name)!).data as Float32Array
    expect(tokens.shape).toEqual([1, 8, 128])
    expect(largestDifference(tokens.data, expected('ip.image_tokens'))).toBeLessThan(1e-3)
    expect(largestDifference(negativeTokens.data, expected('ip.image_tokens_uncond'))).toBeLessThan(1e-3)
  })

  it('counts alike everywhere, or by parts, blocks and transformers, and what is not named counts 0', () => {
    const places = crossAttentions(tinyUnet) // down 0 and 1, up 1 and 2 (two transformers each), mid
    const scales = (scale: Parameters<typeof scalesAt>[1]) =>
      Array.from(scalesAt(places, scale), (v) => Math.round(v * 10) / 10)
    expect(places.map(({ part, block }) => `${part}${block}`).join()).toBe('down0,down1,up1,up1,up2,up2,mid0')
    expect(scales(0.6)).toEqual([0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6])
    expect(scales({ down: 0.5, mid: 0.2 })).toEqual([0.5, 0.5, 0, 0, 0, 0, 0.2])
    expect(scales({ up: { block_1: [0, 1.2], block_2: [0.3] } })).toEqual([0, 0, 0, 1.2, 0.3, 0.3, 0])
    expect(() => scales({ up: { block_0: 1 } })).toThrow('no image prompt in up.block_0')
    expect(() => scales({ up: { block_1: [1, 2, 3] } })).toThrow('has 2 transformers, the scale lists 3')
  })
})

describe('an IP-Adapter is refused', () => {
  it('with the image encoder of another one', async () => {
    const mixed = { ...plus, imageEncoder: goldenAdapter('image_encoder') }
    const refused = loadIpAdapter(mixed, tinyUnet, runtime)
    await expect(refused).rejects.toMatchObject({ code: 'weights/shape-mismatch' })
    await expect(refused).rejects.toThrow(/takes hidden states of width 192; the image encoder in .* gives 24/)
    const plain = { file: goldenAdapter('ip-adapter_sd15.safetensors'), imageEncoder: plus.imageEncoder }
    await expect(loadIpAdapter(plain, configOf(golden), runtime)).rejects.toThrow(
      /embeddings of width 20; .* gives none \(it has no visual_projection\)/,
    )
  })

  it('on a UNet of another base, naming tensor and shapes', async () => {
    const refused = loadIpAdapter(plus, configOf(golden), runtime)
    await expect(refused).rejects.toMatchObject({ code: 'weights/shape-mismatch' })
    await expect(refused).rejects.toThrow('ip_adapter.1.to_k_ip.weight is [96, 128], not [16, 32]')
  })

  it('when a tensor is missing, and when it is of another kind', async () => {
    const cut = { ...plus, file: without(plus.file, /^ip_adapter\.13\.to_v_ip/) }
    await expect(loadIpAdapter(cut, tinyUnet, runtime)).rejects.toThrow('no tensor ip_adapter.13.to_v_ip.weight')
    const bare = { ...plus, file: without(plus.file, /^image_proj/) }
    const refused = loadIpAdapter(bare, tinyUnet, runtime)
    await expect(refused).rejects.toMatchObject({ code: 'model/unsupported' })
    await expect(refused).rejects.toThrow('it is no IP-Adapter')
  })
})
