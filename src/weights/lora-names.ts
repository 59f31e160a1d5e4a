import type { LoraPart } from './lora-file.ts'
import type { WeightEntry } from './safetensors.ts'
import type { WeightMap } from './weights.ts'

/** A module of the model that can have a LoRA branch: a linear layer or a convolution. */
export interface BaseModule {
  readonly path: string
  /** [out, in] or [out, in, kh, kw] */
  readonly weight: WeightEntry
}

/** Finds the module that a LoRA file means by a name, whatever format it is in. */
export type ModuleFinder = (name: string) => BaseModule | undefined

/**
 * The modules of a part's checkpoint under every name that files give them: with dots, with underscores in their place
 * (kohya), a UNet's also by the blocks of Stability AI's own code (`input_blocks_4_1_…`).
 */
export function moduleFinder(part: LoraPart, map: WeightMap): ModuleFinder {
  const modules = new Map<string, BaseModule>()
  for (const [name, weight] of map) {
    if (!name.endsWith('.weight') || (weight.shape.length !== 2 && weight.shape.length !== 4)) continue
    const path = name.slice(0, -'.weight'.length)
    modules.set(canonical(path), { path, weight })
  }
  if (part === 'unet')
    for (const [name, module] of [...modules]) {
      const other = blockName(module.path, modules)
      if (other !== undefined && !modules.has(other)) modules.set(other, modules.get(name)!)
    }
  return (name) => modules.get(canonical(name))
}

/** One spelling of a module's name: underscores only, without what formats put in or leave out. */
const canonical = (name: string): string =>
  name
    .replace(/\.processor(?=\.|$)/, '') // diffusers' first format named the attention's processor
    .replace(/(attn[12][._]to_out)$/, '$1_0')
    .replace(/self_attn\.to_([qkv])$/, 'self_attn.$1_proj')
    .replace(/self_attn\.to_out$/, 'self_attn.out_proj')
    .replaceAll('.', '_')
    .replace(/^text_model_/, '') // transformers 5 leaves it out of checkpoints

/** Parts of a resnet and other single modules in Stability AI's code (CompVis' `openaimodel.py`), underscored. */
const resnetNames: Readonly<Record<string, string>> = {
  conv1: 'in_layers_2',
  conv2: 'out_layers_3',
  time_emb_proj: 'emb_layers_1',
  conv_shortcut: 'skip_connection',
}
const singleNames: Readonly<Record<string, string>> = {
  conv_in: 'input_blocks_0_0',
  conv_out: 'out_2',
  'time_embedding.linear_1': 'time_embed_0',
  'time_embedding.linear_2': 'time_embed_2',
  'add_embedding.linear_1': 'label_emb_0_0',
  'add_embedding.linear_2': 'label_emb_0_2',
}

/** A UNet module's name by input, middle and output blocks; undefined where there is none. */
function blockName(path: string, modules: ReadonlyMap<string, BaseModule>): string | undefined {
  if (singleNames[path] !== undefined) return singleNames[path]
  const [, side, level, kind, index, rest = ''] =
    /^(down_blocks|mid_block|up_blocks)(?:\.(\d+))?\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(
      path,
    ) ?? []
  if (side === undefined || kind === undefined) return undefined
  const inner = kind === 'resnets' ? (resnetNames[rest] ?? rest) : rest.replaceAll('.', '_')
  const place = kind === 'attentions' ? 1 : 0
  if (side === 'mid_block') return `middle_block_${place === 1 ? 1 : 2 * Number(index)}_${inner}`
  const perLevel = count(modules, `${side}_${level}_resnets`)
  if (side === 'down_blocks') {
    const first = 1 + Number(level) * (count(modules, 'down_blocks_0_resnets') + 1)
    return kind === 'downsamplers'
      ? `input_blocks_${first + perLevel}_0_op`
      : `input_blocks_${first + Number(index)}_${place}_${inner}`
  }
  const first = Number(level) * count(modules, 'up_blocks_0_resnets')
  if (kind !== 'upsamplers') return `output_blocks_${first + Number(index)}_${place}_${inner}`
  const afterAttention = modules.has(`up_blocks_${level}_attentions_0_proj_in`) ? 2 : 1
  return `output_blocks_${first + perLevel - 1}_${afterAttention}_conv`
}

/** Entries of a module list: resnets of a level. */
function count(modules: ReadonlyMap<string, BaseModule>, list: string): number {
  let entries = 0
  while (modules.has(`${list}_${entries}_conv1`)) entries++
  return entries
}
