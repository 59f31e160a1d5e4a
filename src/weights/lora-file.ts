import { AppError } from '../contract/errors.ts'
import { readWeight, type WeightEntry } from './safetensors.ts'
import { openWeightFile } from './weight-file.ts'

/** The parts of a picture model that LoRAs change, by their folders in diffusers' layout. */
export const loraParts = ['unet', 'text_encoder', 'text_encoder_2'] as const
export type LoraPart = (typeof loraParts)[number]

/** One module's low-rank change of its weight: factor * up @ down. Nothing of the matrices has been read. */
export interface LoraPair {
  readonly part: LoraPart
  /** The module as the file names it, without the part: dots, or underscores in their place. */
  readonly module: string
  /** [rank, in] or [rank, in, kh, kw] */
  readonly down: WeightEntry
  /** [out, rank] or [out, rank, 1, 1] */
  readonly up: WeightEntry
  /** alpha / rank, 1 where the file has no alpha. */
  readonly factor: number
}

export interface LoraFile {
  readonly file: string
  readonly pairs: readonly LoraPair[]
}

/** Endings of the two matrices: PEFT (lora_A), diffusers before it (lora.down, lora_linear_layer.down), kohya (lora_down). */
const endings = {
  down: /^(.+?)[._]lora(?:_A|_down|\.down|_linear_layer\.down)(?:\.(?!weight$)[\w-]+)?\.weight$/,
  up: /^(.+?)[._]lora(?:_B|_up|\.up|_linear_layer\.up)(?:\.(?!weight$)[\w-]+)?\.weight$/,
  alpha: /^(.+)\.alpha$/,
} as const

/** Beginnings of names, by part; the first that fits. A file of the UNet alone may name no part. */
const beginnings: readonly (readonly [RegExp, LoraPart])[] = [
  [/^(?:base_model\.model\.)?(?:lora_te2_|text_encoder_2\.)/, 'text_encoder_2'],
  [/^(?:base_model\.model\.)?(?:lora_te1?_|text_encoder\.)/, 'text_encoder'],
  [/^(?:base_model\.model\.)?(?:lora_unet_|unet\.)?/, 'unet'],
]

/**
 * Reads which modules a LoRA file (arXiv 2106.09685) changes, in the formats of PEFT and diffusers, of diffusers before
 * PEFT and of kohya's trainer. Only headers and the alphas are read.
 * Throws AppError `model/unsupported` naming a tensor of another method (LoHa, LoKr, DoRA) or the file when it holds no
 * LoRA, `weights/corrupt` when a module has only one of its two matrices.
 */
export function openLora(path: string): LoraFile {
  const { tensors, metadata } = openWeightFile(path)
  const modules = new Map<string, { down?: WeightEntry; up?: WeightEntry; alpha?: WeightEntry }>()
  for (const [name, entry] of tensors) {
    const [kind, module] = classify(name) ?? refuse(path, name)
    modules.set(module, { ...modules.get(module), [kind]: entry })
  }
  if (modules.size === 0) throw unsupported(path, 'it holds no tensors')
  const trained = trainedAlphas(path, metadata)
  const pairs = [...modules].map(([name, { down, up, alpha }]): LoraPair => {
    if (!down || !up) throw incomplete(path, name, down ? 'lora_up' : 'lora_down')
    const [pattern, part] = beginnings.find(([beginning]) => beginning.test(name))!
    const rank = down.shape[0] ?? 0
    const value = alpha ? Number(readWeight(alpha).data[0]) : (trained[part] ?? rank)
    return { part, module: name.replace(pattern, ''), down, up, factor: value / rank }
  })
  return { file: path, pairs }
}

function classify(name: string): readonly [keyof typeof endings, string] | undefined {
  for (const [kind, pattern] of Object.entries(endings)) {
    const module = pattern.exec(name)?.[1]
    if (module !== undefined) return [kind as keyof typeof endings, module]
  }
  return undefined
}

/** Alphas that newer diffusers files keep in their metadata, as the trainer's LoraConfig of each part. */
function trainedAlphas(file: string, metadata: Readonly<Record<string, string>>): Partial<Record<LoraPart, number>> {
  const text = metadata['lora_adapter_metadata']
  if (text === undefined) return {}
  const config = parseObject(text)
  const alphas: Partial<Record<LoraPart, number>> = {}
  for (const part of loraParts) {
    const alpha = config[`${part}.lora_alpha`]
    if (typeof alpha === 'number') alphas[part] = alpha
    for (const option of ['alpha_pattern', 'use_rslora', 'use_dora'])
      if (isSet(config[`${part}.${option}`])) throw unsupported(file, `its ${part} was trained with ${option}`)
  }
  return alphas
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {}
  } catch {
    return {} // a note of the trainer, not part of the format
  }
}

const isSet = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value === true

function refuse(file: string, name: string): never {
  throw unsupported(file, `tensor ${name} is of no LoRA (LoHa, LoKr, DoRA and whole weights are not supported)`)
}

const unsupported = (file: string, what: string) =>
  new AppError('model/unsupported', {
    message: `${file}: ${what}`,
    hint: 'Choose a LoRA file in the format of diffusers, PEFT or kohya.',
    details: { file },
  })

const incomplete = (file: string, module: string, missing: string) =>
  new AppError('weights/corrupt', {
    message: `${file}: module ${module} has no ${missing}`,
    hint: 'The file is incomplete; copy or download it again.',
    details: { file },
  })
