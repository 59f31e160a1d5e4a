import type { UnetConfig, UnetLevel } from '../stable-diffusion/unet-config.ts'

/** One cross-attention of a UNet. */
export interface AttentionPlace {
  /** The module's path: `down_blocks.0.attentions.0.transformer_blocks.0.attn2`. */
  readonly path: string
  /** Its number among all attentions in the order down, up, mid, in which h94's files number their weights. */
  readonly number: number
  /** Width of its queries. */
  readonly channels: number
  readonly part: 'down' | 'mid' | 'up'
  /** Index of the block in its part, and of the transformer in the block. */
  readonly block: number
  readonly transformer: number
  /** Transformers of the block. */
  readonly transformers: number
}

/** The cross-attentions of a UNet (attn2 of every transformer block) in the order down, up, mid. */
export function crossAttentions({ down, mid, up }: UnetConfig): AttentionPlace[] {
  const places: AttentionPlace[] = []
  const visit = (part: AttentionPlace['part'], block: number, root: string, level: UnetLevel, transformers: number) => {
    for (let transformer = 0; transformer < transformers; transformer++)
      for (let layer = 0; layer < level.transformerLayers; layer++)
        places.push({
          path: `${root}.attentions.${transformer}.transformer_blocks.${layer}.attn2`,
          number: 2 * places.length + 1, // attn1 and attn2 alternate
          channels: level.channels,
          part,
          block,
          transformer,
          transformers,
        })
  }
  down.forEach((level, i) => visit('down', i, `down_blocks.${i}`, level, level.resnets))
  up.forEach((level, i) => visit('up', i, `up_blocks.${i}`, level, level.resnets))
  visit('mid', 0, 'mid_block', mid, 1)
  return places
}
