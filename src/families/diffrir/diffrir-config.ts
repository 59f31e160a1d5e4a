import { z } from 'zod'
import { AppError } from '../../contract/errors.ts'
import type { Weights } from '../../weights/weights.ts'

const count = z.number().int().positive()
const repeats = z.number().int().nonnegative()
const four = <T extends z.ZodType>(item: T) => z.tuple([item, item, item, item])

/** Enlargements that DiffRIR has networks for. */
export const restoreScales = [1, 2, 4] as const
export type RestoreScale = (typeof restoreScales)[number]

/** Arguments of DiffRIRS2 (Zj-BinXia/DiffRIR, S2_arch.py); what a config leaves out is read from the weights. */
export const diffRirArgumentsSchema = z
  .object({
    n_encoder_res: repeats,
    inp_channels: z.literal(3),
    out_channels: count,
    scale: z.literal(restoreScales),
    dim: count,
    num_blocks: four(repeats),
    num_refinement_blocks: repeats,
    heads: four(count),
    ffn_expansion_factor: z.number().positive(),
    bias: z.boolean(),
    LayerNorm_type: z.enum(['BiasFree', 'WithBias']),
    n_denoise_res: repeats,
    linear_start: z.number(),
    linear_end: z.number(),
    timesteps: count,
  })
  .partial()

export type DiffRirArguments = z.infer<typeof diffRirArgumentsSchema>

/** The structure of one network. */
export interface DiffRirConfig {
  readonly scale: RestoreScale
  readonly outChannels: number
  readonly dim: number
  /** Transformer blocks of the encoder's levels and the latent; the decoder's levels have as many. */
  readonly blocks: readonly [number, number, number, number]
  readonly refinementBlocks: number
  readonly heads: readonly [number, number, number, number]
  /** Hidden channels of a feed-forward for each of its channels, rounded down; absent: as its weights are. */
  readonly ffnFactor: number | undefined
  readonly norm: 'BiasFree' | 'WithBias'
  /** Channels of the condition network; the prior has four times as many values. */
  readonly features: number
  readonly encoderBlocks: number
  readonly denoiserBlocks: number
  readonly timesteps: number
}

/** How many pixels of a side the first layer sees as channels, by scale; the input has 3 + 3 scale^2 planes before. */
export const unshuffleOf: Readonly<Record<RestoreScale, number>> = { 1: 4, 2: 2, 4: 1 }
export const inputChannels = (scale: RestoreScale): number => 3 + 3 * scale ** 2
/** What both sides of the input are padded to a multiple of: three halvings after the unshuffling. */
export const padMultiple = (scale: RestoreScale): number => 8 * unshuffleOf[scale]

/**
 * The structure that arguments and weights say together; `file` names the checkpoint in errors. The scale shows in the
 * first layer's channels, so a file for another scale is refused in words. Throws AppError `weights/shape-mismatch`
 * for that, `weights/missing` naming a tensor that must be there.
 */
export function diffRirConfig(weights: Weights, given: DiffRirArguments, file: string): DiffRirConfig {
  const g = weights.at('G')
  const [dim = 0, channels = 0] = g.entry('patch_embed.proj.weight').shape
  const scale = restoreScales.find((one) => inputChannels(one) * unshuffleOf[one] ** 2 === channels)
  if (scale === undefined || (given.scale !== undefined && given.scale !== scale))
    throw new AppError('weights/shape-mismatch', {
      message: `${file}: the network's first layer takes ${channels} channels, which ${scale === undefined ? 'no DiffRIR does' : `is DiffRIR x${scale}, not x${given.scale}`}`,
      hint: 'Name the file under the scale that it was trained for (96 channels are x1, 60 x2, 51 x4).',
      details: { file },
    })
  const perLevel = <T>(of: (level: Weights) => T) =>
    ['encoder_level1', 'encoder_level2', 'encoder_level3', 'latent'].map((level) => of(g.at(level))) as [T, T, T, T]
  return {
    scale,
    outChannels: given.out_channels ?? 3,
    dim: given.dim ?? dim,
    blocks: given.num_blocks ?? perLevel((level) => countModules(level, /^(\d+)\./)),
    refinementBlocks: given.num_refinement_blocks ?? countModules(g.at('refinement'), /^(\d+)\./),
    heads: given.heads ?? perLevel((level) => level.entry('0.attn.temperature').shape[0]!),
    ffnFactor: given.ffn_expansion_factor,
    norm: given.LayerNorm_type ?? (g.has('encoder_level1.0.norm1.body.bias') ? 'WithBias' : 'BiasFree'),
    features: weights.entry('condition.E.0.weight').shape[0]!,
    encoderBlocks: given.n_encoder_res ?? countModules(weights.at('condition.E'), /^(\d+)\.body\./),
    denoiserBlocks: given.n_denoise_res ?? countModules(weights.at('denoise.resmlp'), /^(\d+)\.resmlp\./),
    timesteps: given.timesteps ?? weights.entry('diffusion.betas').shape[0]!,
  }
}

/** How many different numbers the pattern finds in the names of a module's tensors. */
function countModules(weights: Weights, number: RegExp): number {
  return new Set(weights.names().flatMap((name) => number.exec(name)?.[1] ?? [])).size
}
