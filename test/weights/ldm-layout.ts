/** Names of diffusers' tensors as CompVis' latent-diffusion has them: the way back of src/weights/ldm-names.ts, by hand. */
export function unetToLdm(layers: number, levels: number): (name: string) => string {
  return (name) => {
    const [, side, block, kind, index, rest] =
      /^(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(name) ?? []
    if (side === 'down') {
      const at = 1 + Number(block) * (layers + 1) + (kind === 'downsamplers' ? layers : Number(index))
      if (kind === 'downsamplers') return `input_blocks.${at}.0.op.${rest!.replace('conv.', '')}`
      return `input_blocks.${at}.${kind === 'resnets' ? `0.${resnet(rest!)}` : `1.${rest}`}`
    }
    if (side === 'up') {
      const first = Number(block) * (layers + 1)
      if (kind === 'upsamplers')
        return `output_blocks.${first + layers}.${Number(block) === 0 && levels > 1 ? 1 : 2}.${rest}`
      return `output_blocks.${first + Number(index)}.${kind === 'resnets' ? `0.${resnet(rest!)}` : `1.${rest}`}`
    }
    return name
      .replace(/^time_embedding\.linear_1/, 'time_embed.0')
      .replace(/^time_embedding\.linear_2/, 'time_embed.2')
      .replace(/^conv_in/, 'input_blocks.0.0')
      .replace(/^conv_norm_out/, 'out.0')
      .replace(/^conv_out/, 'out.2')
      .replace(/^mid_block\.attentions\.0/, 'middle_block.1')
      .replace(
        /^mid_block\.resnets\.([01])\.(.+)$/,
        (_, n: string, part: string) => `middle_block.${2 * Number(n)}.${resnet(part)}`,
      )
  }
}

const resnet = (name: string): string =>
  name
    .replace(/^norm1/, 'in_layers.0')
    .replace(/^conv1/, 'in_layers.2')
    .replace(/^time_emb_proj/, 'emb_layers.1')
    .replace(/^norm2/, 'out_layers.0')
    .replace(/^conv2/, 'out_layers.3')
    .replace(/^conv_shortcut/, 'skip_connection')

export function vaeToLdm(levels: number): (name: string) => string {
  return (name) =>
    name
      .replace(/down_blocks\.(\d+)\.resnets\.(\d+)/, 'down.$1.block.$2')
      .replace(/down_blocks\.(\d+)\.downsamplers\.0\.conv/, 'down.$1.downsample.conv')
      .replace(
        /up_blocks\.(\d+)\.resnets\.(\d+)/,
        (_, level: string, n: string) => `up.${levels - 1 - Number(level)}.block.${n}`,
      )
      .replace(
        /up_blocks\.(\d+)\.upsamplers\.0\.conv/,
        (_, level: string) => `up.${levels - 1 - Number(level)}.upsample.conv`,
      )
      .replace('conv_shortcut', 'nin_shortcut')
      .replace('mid_block.resnets.0', 'mid.block_1')
      .replace('mid_block.resnets.1', 'mid.block_2')
      .replace('mid_block.attentions.0.group_norm', 'mid.attn_1.norm')
      .replace(/mid_block\.attentions\.0\.to_([qkv])/, 'mid.attn_1.$1')
      .replace('mid_block.attentions.0.to_out.0', 'mid.attn_1.proj_out')
      .replace('conv_norm_out', 'norm_out')
}
