import { describe, expect, it } from 'vitest'
import { loadClipVisionTower } from '../../src/families/clip/vision-tower.ts'
import { loadDiffRir } from '../../src/families/diffrir/diffrir.ts'
import { loadIpAdapter } from '../../src/families/ip-adapter/ip-adapter.ts'
import { loadLlava } from '../../src/families/llava/llava.ts'
import { loadSafetyNetwork } from '../../src/families/safety-checker/safety-checker.ts'
import { openAutoencoder } from '../../src/families/stable-diffusion/autoencoder.ts'
import { loadStableDiffusion } from '../../src/families/stable-diffusion/stable-diffusion.ts'
import { llamaDefaults, llamaLayout } from '../../bench/layouts/llama.ts'
import { decoderFormats } from '../../src/families/decoder/decoder-precision.ts'
import { quantisedBytes } from '../../src/weights/quantised-file.ts'
import type { WeightMap } from '../../src/weights/weights.ts'
import { cacheBytesPerToken, memoryOf, quantisedDecoderBytes, weightsOf } from '../../src/inference/model-memory.ts'
import { isInstalled, listPresets } from '../../src/inference/model-presets.ts'
import { modelRoles } from '../../src/inference/preset-schema.ts'
import { openLora } from '../../src/weights/lora-file.ts'
import { conversationTemplates } from '../../src/tokenizers/conversation-templates.ts'

const presets = listPresets()
const named = (name: string) => presets.find(({ preset }) => preset.name === name)!.preset

/** The code of each family that a preset may name. */
const families: Readonly<Record<string, (...args: never[]) => unknown>> = {
  llava: loadLlava,
  'stable-diffusion': loadStableDiffusion,
  diffrir: loadDiffRir,
  'safety-checker': loadSafetyNetwork,
  clip: loadClipVisionTower,
  autoencoder: openAutoencoder,
  'ip-adapter': loadIpAdapter,
  lora: openLora,
}

/** owner `binxia`, as llmga.md lists them. */
const llmga = [
  ...['vicuna-7b-v1.5', 'mistral_instruct', 'llama3-8b-it', 'Qwen2-0.5B', 'Qwen2-1.5B', 'Qwen2-7B'],
  ...['Phi-3-mini-128k', 'gemma-2b-it', 'cn-vicuna-7b-v1.5', 'cn-llama3-8b-it', 'cn-gemma-2b-it', 'cn-Qwen2-0.5B'],
].map((name) => `binxia/llmga-${name}-full-finetune`)
const pictures = ['sd15-t2i-v2', 'sd15-inpainting-v2', 'sdxl-t2i', 'sdxl-inpainting-v2'].map((n) => `binxia/llmga-${n}`)

describe('the public models', () => {
  it('are all there: each checkpoint of LLMGA, its bases and its parts', () => {
    const repositories = new Set(presets.flatMap(({ preset }) => preset.hub.map(({ repository }) => repository)))
    for (const repository of [
      ...llmga,
      ...pictures,
      'stable-diffusion-v1-5/stable-diffusion-v1-5',
      'stabilityai/stable-diffusion-xl-base-1.0',
      'stabilityai/sd-vae-ft-mse',
      'openai/clip-vit-large-patch14-336',
      'h94/IP-Adapter',
      'ByteDance/Hyper-SD',
      'latent-consistency/lcm-lora-sdxl',
      'liuhaotian/llava-v1.5-7b',
      'llava-hf/llava-1.5-13b-hf',
    ])
      expect(repositories).toContain(repository)
    expect(named('diffrir').byHand).toContain('x4.pth')
  })

  it.each(presets.map(({ preset }) => [preset.name, preset] as const))('%s leads to code', (_name, preset) => {
    const used = [
      ...modelRoles.flatMap((role) => preset.roles[role] ?? []),
      ...(preset.component ? [preset.component] : []),
    ]
    for (const { family } of used) expect(families[family], family).toBeTypeOf('function')
    expect(used.length).toBeGreaterThan(0)
    if (preset.roles.mllm) expect(Object.keys(conversationTemplates)).toContain(preset.roles.mllm.template)
    for (const need of preset.needs) expect(presets.map((other) => other.preset.name)).toContain(need)
    expect(preset.hub.length > 0 || preset.byHand !== undefined || Object.keys(preset.files).length > 0).toBe(true)
  })

  it('name every folder that they use in a repository which some preset downloads', () => {
    const folders = presets.flatMap(({ preset }) => preset.hub.map(({ repository, folder }) => folder ?? repository))
    const isKnown = (used: string) => folders.some((folder) => used === folder || used.startsWith(`${folder}/`))
    for (const { preset } of presets.filter((located) => located.preset.hub.length > 0)) {
      const { mllm, t2i, inpaint } = preset.roles
      const adapters = [t2i, inpaint].flatMap((role) => (role ? [role.adapters] : []))
      const used = [
        ...[mllm, t2i, inpaint].flatMap((role) => (role ? [role.folder, ...Object.values(role.parts)] : [])),
        ...adapters.flatMap(({ ipAdapter, loras }) => [
          ...(ipAdapter ? [ipAdapter.file, ipAdapter.imageEncoder] : []),
          ...Object.values(loras).map(({ file }) => file),
        ]),
      ]
      expect(used.filter((path) => !isKnown(path))).toEqual([])
    }
  })

  it('are not installed before they are downloaded', () => {
    const installed = presets.filter((located) => isInstalled(located)).map(({ preset }) => preset.name)
    expect(installed).toEqual(['llmga-tiny'])
  })
})

describe('the memory of a model', () => {
  it('comes from its shapes: the numbers of weights are the published ones', () => {
    const total = (name: string) => named(name).shapes.reduce((sum, shape) => sum + weightsOf(shape), 0)
    expect(total('llava-1.5-7b-hf')).toBe(7_063_427_072) // model card
    expect(weightsOf(named('llmga-llama3-8b').shapes[0]!)).toBe(8_030_261_248)
    expect(weightsOf(named('llmga-mistral-7b').shapes[0]!)).toBe(7_241_732_096)
    expect(weightsOf(named('llmga-phi3-mini').shapes[0]!)).toBe(3_821_079_552)
    expect(weightsOf(named('llmga-gemma-2b').shapes[0]!)).toBe(2_506_172_416)
    const [text, text2] = named('stable-diffusion-xl').shapes
    expect([weightsOf(text!), weightsOf(text2!)]).toEqual([123_060_480, 694_659_840])
    expect(weightsOf(named('ip-adapter-sd15').shapes[0]!)).toBe(632_076_800)
  })

  it('is said by device and precision', () => {
    const gib = memoryOf(named('llmga-vicuna-7b')).map(({ device, precision, bytes }) => [
      device,
      precision,
      Number((bytes / 2 ** 30).toFixed(1)),
    ])
    expect(gib).toEqual([
      ['cpu', 'fp32', 26.3],
      ['cpu', 'int8', 8],
      ['cpu', 'int4', 5.2],
      ['gpu', 'fp16', 13.2],
      ['gpu', 'int8', 7.4],
      ['gpu', 'int4', 4.6],
    ])
    expect(memoryOf(named('stable-diffusion-1.5')).map(({ precision }) => precision)).toEqual(['fp32', 'fp16'])
    expect(cacheBytesPerToken(named('llmga-vicuna-7b'))).toBe(32 * 2 * 4096 * 4)
  })

  it.each([
    ['llmga-vicuna-7b', 'int4'],
    ['llmga-qwen2-1.5b', 'int8'],
    ['llmga-qwen2-0.5b', 'int4'],
  ] as const)('is what is written to the cache: %s in %s', (name, precision) => {
    const shape = named(name).shapes.find(({ kind }) => kind === 'decoder')
    if (shape?.kind !== 'decoder') throw new Error('no decoder')
    const sizes = {
      ...llamaDefaults,
      model_type: shape.bias ? 'qwen2' : 'llama',
      vocab_size: shape.vocabulary,
      hidden_size: shape.width,
      intermediate_size: shape.inner,
      num_hidden_layers: shape.layers,
      num_attention_heads: shape.heads,
      num_key_value_heads: shape.kvHeads,
      tie_word_embeddings: shape.tied,
    } as const
    const entries = llamaLayout(sizes).map(
      ([key, dims]) => [key, { dtype: 'F16', shape: dims, file: '', offset: 0, byteLength: 0 }] as const,
    )
    const map = new Map(entries) as unknown as WeightMap
    const formats = decoderFormats(map, { layers: shape.layers, tiedEmbeddings: shape.tied }, precision)
    expect(quantisedDecoderBytes(shape, precision)).toBeCloseTo(quantisedBytes(map, formats), -3)
  })
})
