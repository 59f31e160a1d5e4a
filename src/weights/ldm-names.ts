import type { WeightEntry } from './safetensors.ts'
import type { RenameRules, WeightMap } from './weights.ts'

/** Tensors below a module of a checkpoint, without its path. */
export function below(map: WeightMap, prefix: string): WeightMap {
  const found = [...map].filter(([name]) => name.startsWith(prefix))
  return new Map(found.map(([name, entry]) => [name.slice(prefix.length), entry]))
}

/** A tensor under another name and shape over the same bytes. */
const view = (entry: WeightEntry, name: string, shape: readonly number[] = entry.shape): WeightEntry => ({
  ...entry,
  name,
  shape,
})

const rename = (name: string, rules: RenameRules): string => {
  const rule = rules.find(([pattern]) => pattern.test(name))
  return rule ? name.replace(rule[0], rule[1]) : name
}

/** Inside of a ResNet block of the UNet. */
const resnetRules: RenameRules = [
  [/^in_layers\.0\./, 'norm1.'],
  [/^in_layers\.2\./, 'conv1.'],
  [/^emb_layers\.1\./, 'time_emb_proj.'],
  [/^out_layers\.0\./, 'norm2.'],
  [/^out_layers\.3\./, 'conv2.'],
  [/^skip_connection\./, 'conv_shortcut.'],
]

const unetRules: RenameRules = [
  [/^time_embed\.0\./, 'time_embedding.linear_1.'],
  [/^time_embed\.2\./, 'time_embedding.linear_2.'],
  [/^label_emb\.0\.0\./, 'add_embedding.linear_1.'],
  [/^label_emb\.0\.2\./, 'add_embedding.linear_2.'],
  [/^input_blocks\.0\.0\./, 'conv_in.'],
  [/^out\.0\./, 'conv_norm_out.'],
  [/^out\.2\./, 'conv_out.'],
  [/^middle_block\.1\./, 'mid_block.attentions.0.'],
]

/** Where each input block lies on the way down: resnets with their attention, and a downsampler at a level's end. */
export function inputBlocks(unet: WeightMap) {
  const places: { block: number; level: number; resnet: number | undefined }[] = []
  let [level, resnet] = [0, 0]
  for (let block = 1; unet.has(`input_blocks.${block}.0.op.weight`) || hasResnet(unet, block); block++) {
    if (hasResnet(unet, block)) places.push({ block, level, resnet: resnet++ })
    else {
      places.push({ block, level, resnet: undefined })
      level += 1
      resnet = 0
    }
  }
  return places
}

const hasResnet = (unet: WeightMap, block: number) => unet.has(`input_blocks.${block}.0.in_layers.0.weight`)

/** The UNet of CompVis' latent-diffusion (`model.diffusion_model.*`) in diffusers' names. */
export function unetInDiffusersNames(unet: WeightMap): WeightMap {
  const places = new Map(inputBlocks(unet).map((place) => [place.block, place]))
  const perLevel = [...places.values()].filter(({ level, resnet }) => level === 0 && resnet !== undefined).length + 1
  const nameOf = (name: string): string => {
    const [, side, number, part, rest] =
      /^(input_blocks|output_blocks|middle_block)\.(\d+)\.(?:(\d+)\.)?(.+)$/.exec(name) ?? []
    if (side === 'middle_block' && number !== '1')
      return `mid_block.resnets.${Number(number) / 2}.${rename(name.slice(`middle_block.${number}.`.length), resnetRules)}`
    if (side === 'input_blocks' && number !== '0') {
      const { level, resnet } = places.get(Number(number))!
      if (resnet === undefined) return `down_blocks.${level}.downsamplers.0.conv.${rest!.slice('op.'.length)}`
      return `down_blocks.${level}.${inBlock(part!, rest!, resnet)}`
    }
    if (side === 'output_blocks')
      return `up_blocks.${Math.floor(Number(number) / perLevel)}.${inBlock(part!, rest!, Number(number) % perLevel)}`
    return rename(name, unetRules)
  }
  return renamed(unet, nameOf)
}

function inBlock(part: string, rest: string, resnet: number): string {
  if (part === '0') return `resnets.${resnet}.${rename(rest, resnetRules)}`
  return rest.startsWith('conv.') ? `upsamplers.0.${rest}` : `attentions.${resnet}.${rest}`
}

const renamed = (map: WeightMap, nameOf: (name: string) => string): WeightMap =>
  new Map([...map].map(([name, entry]) => [nameOf(name), view(entry, nameOf(name))]))

const vaeRules: RenameRules = [
  [/\.mid\.block_1\./, '.mid_block.resnets.0.'],
  [/\.mid\.block_2\./, '.mid_block.resnets.1.'],
  [/\.mid\.attn_1\.norm\./, '.mid_block.attentions.0.group_norm.'],
  [/\.mid\.attn_1\.([qkv])\./, '.mid_block.attentions.0.to_$1.'],
  [/\.mid\.attn_1\.proj_out\./, '.mid_block.attentions.0.to_out.0.'],
  [/\.norm_out\./, '.conv_norm_out.'],
  [/\.down\.(\d+)\.block\.(\d+)\./, '.down_blocks.$1.resnets.$2.'],
  [/\.down\.(\d+)\.downsample\.conv\./, '.down_blocks.$1.downsamplers.0.conv.'],
  [/\.up\.(\d+)\.block\.(\d+)\./, '.up_blocks.$1.resnets.$2.'],
  [/\.up\.(\d+)\.upsample\.conv\./, '.up_blocks.$1.upsamplers.0.conv.'],
]

/** The autoencoder (`first_stage_model.*`): its way up is counted from the last level, its attention is 1x1 convolutions. */
export function vaeInDiffusersNames(vae: WeightMap): WeightMap {
  const levels = 1 + Math.max(...[...vae.keys()].map((name) => Number(/^decoder\.up\.(\d+)\./.exec(name)?.[1] ?? 0)))
  const names = renamed(vae, (name) =>
    rename(name, vaeRules)
      .replace(/^decoder\.up_blocks\.(\d+)\./, (_, level: string) => `decoder.up_blocks.${levels - 1 - Number(level)}.`)
      .replace('.nin_shortcut.', '.conv_shortcut.'),
  )
  const isMatrix = (name: string) => /\.mid_block\.attentions\.0\.to_\w+(\.0)?\.weight$/.test(name)
  return new Map(
    [...names].map(([name, entry]) => [name, isMatrix(name) ? view(entry, name, entry.shape.slice(0, 2)) : entry]),
  )
}

const openClipRules: RenameRules = [
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^token_embedding\./, 'text_model.embeddings.token_embedding.'],
  [/^ln_final\./, 'text_model.final_layer_norm.'],
  [/^transformer\.resblocks\.(\d+)\.ln_([12])\./, 'text_model.encoder.layers.$1.layer_norm$2.'],
  [/^transformer\.resblocks\.(\d+)\.mlp\.c_fc\./, 'text_model.encoder.layers.$1.mlp.fc1.'],
  [/^transformer\.resblocks\.(\d+)\.mlp\.c_proj\./, 'text_model.encoder.layers.$1.mlp.fc2.'],
  [/^transformer\.resblocks\.(\d+)\.attn\.out_proj\./, 'text_model.encoder.layers.$1.self_attn.out_proj.'],
]

/**
 * OpenCLIP's text encoder in transformers' names. Its three attention matrices lie in one tensor: each becomes a view of
 * a third of the bytes. `text_projection` keeps its name: it is [width, projection], the transpose of transformers'.
 */
export function openClipInTransformersNames(clip: WeightMap): WeightMap {
  const entries = [...clip].flatMap(([name, entry]): [string, WeightEntry][] => {
    const fused = /^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/.exec(name)
    if (!fused) {
      const own = rename(name, openClipRules)
      return [[own, view(entry, own)]]
    }
    const [rows, ...columns] = entry.shape as [number, ...number[]]
    const length = entry.length / 3
    return ['q', 'k', 'v'].map((which, i) => {
      const own = `text_model.encoder.layers.${fused[1]}.self_attn.${which}_proj.${fused[2]}`
      return [own, { ...view(entry, own, [rows / 3, ...columns]), offset: entry.offset + i * length, length }]
    })
  })
  return new Map(entries)
}
