import { linear } from '../../graph/modules.ts'
import { multiply, slice } from '../../graph/ops.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import { mixture } from '../stable-diffusion/attention.ts'
import type { UnetVariant } from '../stable-diffusion/unet.ts'
import { crossAttentions } from './attention-places.ts'

/** Inputs of the UNet with an image prompt: its tokens for each row, and how much each cross-attention counts them. */
export const imagePromptInputs = { tokens: 'image_tokens', scales: 'image_scales' } as const

/**
 * The UNet with an image prompt (IP-Adapter, arXiv 2308.06721, eq. 5): every cross-attention adds
 * scale * attention(query, tokens K', tokens V') to what the text gives, before to_out. Inputs: image_tokens
 * [b, image_tokens, d], image_scales [cross-attentions] in the order of `crossAttentions`.
 * Weights: ip_adapter.<number>.to_k_ip, to_v_ip.
 */
export const imagePromptVariant = (name: string, map: WeightMap): UnetVariant => ({
  name: `image-prompt-${name}`,
  attach(g, config) {
    const places = new Map(crossAttentions(config).map((place, index) => [place.path, { ...place, index }]))
    const tokens = g.input(imagePromptInputs.tokens, 'float32', ['b', 'image tokens', config.contextDim])
    const scales = g.input(imagePromptInputs.scales, 'float32', [places.size])
    return {
      hooks: {
        extra({ w: module, heads, query }) {
          const place = places.get(module.prefix.slice(0, -1))
          if (!place) return undefined
          const w = new Weights(map, `ip_adapter.${place.number}.`)
          const [key, value] = [linear(g, tokens, w.at('to_k_ip')), linear(g, tokens, w.at('to_v_ip'))]
          return multiply(
            g,
            mixture({ g, heads, query, key, value }),
            slice(g, scales, 0, place.index, place.index + 1),
          )
        },
      },
    }
  },
})
