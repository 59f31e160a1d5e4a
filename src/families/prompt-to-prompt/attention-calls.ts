import type { UnetConfig, UnetLevel } from '../stable-diffusion/unet-config.ts'

/** One attention of a UNet, in the order in which they run. */
export interface AttentionPlace {
  readonly place: 'down' | 'mid' | 'up'
  readonly isCross: boolean
  readonly heads: number
  /** How often the latents' sides are halved before it. */
  readonly halvings: number
}

/** All attentions of a UNet: down, mid, up; in each transformer layer attn1, then attn2. */
export function attentionPlaces({ down, mid, up, file }: UnetConfig): AttentionPlace[] {
  const last = down.length - 1
  const layer = ({ heads, onlyCrossAttention }: UnetLevel, place: AttentionPlace['place'], halvings: number) => [
    { place, heads, halvings, isCross: onlyCrossAttention },
    { place, heads, halvings, isCross: true },
  ]
  const level = (one: UnetLevel, transformers: number, place: AttentionPlace['place'], halvings: number) =>
    Array.from({ length: transformers * one.transformerLayers }, () => layer(one, place, halvings)).flat()
  return [
    ...down.flatMap((one, i) => level(one, one.resnets, 'down', i)),
    ...(file.mid_block_type ? level(mid, 1, 'mid', last) : []),
    ...up.flatMap((one, i) => level(one, one.resnets, 'up', last - i)),
  ]
}

/** Sides of an attention's map of latents [.., height, width]: a downsampler rounds halves up, without padding down. */
export function mapSize(
  { height, width }: { readonly height: number; readonly width: number },
  { halvings }: Pick<AttentionPlace, 'halvings'>,
  { file }: Pick<UnetConfig, 'file'>,
): { height: number; width: number } {
  const half = (side: number) => (file.downsample_padding === 0 ? Math.floor(side / 2) : Math.ceil(side / 2))
  let size = { height, width }
  for (let i = 0; i < halvings; i++) size = { height: half(size.height), width: half(size.width) }
  return size
}
