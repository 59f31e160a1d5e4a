import { AppError } from '../../contract/errors.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import { float32, type FloatTensor } from '../../tensor/tensor.ts'
import { readWeight } from '../../weights/safetensors.ts'
import { dictOf, openTorchCheckpoint, type TorchCheckpoint } from '../../weights/torch-checkpoint.ts'
import { Weights, type WeightMap } from '../../weights/weights.ts'
import { diffRirConfig, type DiffRirArguments, type DiffRirConfig, type RestoreScale } from './diffrir-config.ts'
import { featuresGraph, priorGraph } from './prior-graphs.ts'
import { restorationGraph } from './restoration-graph.ts'

/** What the diffusion of a prior gives; all [1, 4n] but the two histories [T, 4n], last timestep first. */
export interface Prior {
  readonly condition: FloatTensor
  readonly predictions: FloatTensor
  readonly steps: FloatTensor
  readonly prior: FloatTensor
}

/** A DiffRIR network of one scale (Zj-BinXia/DiffRIR, second stage), loaded. */
export interface DiffRir {
  readonly config: DiffRirConfig
  /** The schedule's buffers as the checkpoint holds them (fp16 files hold rounded ones). */
  buffer(name: ScheduleBuffer): Float32Array
  /** lq [1, 3 + 3 s^2, h, w] -> [1, 4n], the mean over all pixels of what the condition network sees. */
  features(lq: FloatTensor): Promise<FloatTensor>
  /** From the features and standard normal noise [1, 4n]. */
  diffuse(features: FloatTensor, noise: FloatTensor): Promise<Prior>
  /** lq [1, 3 + 3 s^2, h, w], sides multiples of padMultiple -> [1, 3, h s, w s], about [0, 1]. */
  restore(lq: FloatTensor, prior: FloatTensor): Promise<FloatTensor>
  readonly sessions: readonly Session[]
}

export type ScheduleBuffer = 'betas' | 'alphas_cumprod' | 'posterior_mean_coef1' | 'posterior_mean_coef2'

/** Weights of these modules must all be used: what is left over means that the arguments are another model's. */
const ownModules = /^(G|condition|denoise)\./

/**
 * Loads a network from a torch checkpoint `{'params_ema': state_dict}`. Absent arguments are read from the weights.
 * Throws AppError for what is missing, does not fit or is not a plain checkpoint.
 */
export async function loadDiffRir(file: string, given: DiffRirArguments, runtime: Runtime): Promise<DiffRir> {
  const map = stateDict(openTorchCheckpoint(file))
  const weights = new Weights(map)
  const config = diffRirConfig(weights, given, file)
  const buffer = (name: ScheduleBuffer) =>
    readWeight(weights.at('diffusion').shaped(name, [config.timesteps])).data as Float32Array
  const coefficients = { coef1: buffer('posterior_mean_coef1'), coef2: buffer('posterior_mean_coef2') }
  const graphs = [
    featuresGraph(weights, config),
    priorGraph(weights, config, coefficients),
    restorationGraph(weights, config),
  ]
  checkAllUsed(file, map, graphs)
  const sessions: Session[] = []
  // Attention between channels sums products over all pixels, far beyond fp16's range.
  for (const graph of graphs) sessions.push(await runtime.load(graph, { keepFloat32: true }))
  const [featuresOf, diffusion, network] = sessions as [Session, Session, Session]
  return {
    config,
    buffer,
    sessions,
    features: async (lq) => (await featuresOf.run({ lq }))['features'] as FloatTensor,
    async diffuse(features, noise) {
      const { condition, x0_predictions, steps, prior } = await diffusion.run({ features, noise })
      return { condition, predictions: x0_predictions, steps, prior } as Prior
    },
    restore: async (lq, prior) => (await network.run({ lq, prior }))['sr'] as FloatTensor,
  }
}

/** The scale for which a checkpoint was trained. Throws as `loadDiffRir` does. */
export const diffRirScale = (file: string): RestoreScale =>
  diffRirConfig(new Weights(stateDict(openTorchCheckpoint(file))), {}, file).scale

/** `params_ema`, else `params`, as basicsr saves them; else a bare state dict. */
function stateDict(checkpoint: TorchCheckpoint): WeightMap {
  const name = ['params_ema', 'params'].find((dict) => checkpoint.tensors.has(`${dict}.G.patch_embed.proj.weight`))
  if (name !== undefined) return dictOf(checkpoint, name)
  if (checkpoint.tensors.has('G.patch_embed.proj.weight')) return checkpoint.tensors
  return dictOf(checkpoint, 'params_ema')
}

function checkAllUsed(file: string, map: WeightMap, graphs: readonly Graph[]): void {
  const used = new Set(graphs.flatMap((graph) => [...graph.weights.values()].map(({ entry }) => entry.name)))
  const left = [...map].find(([name, entry]) => ownModules.test(name) && !used.has(entry.name))
  if (left)
    throw new AppError('weights/shape-mismatch', {
      message: `${file}: there is a tensor ${left[0]}, for which the config has no place`,
      hint: 'The config belongs to another model; take the one that came with the file.',
      details: { file, tensor: left[0] },
    })
}

/** Noise for the prior's diffusion as torch draws it, [1, 4n]. */
export const priorShape = ({ features }: DiffRirConfig): readonly [number, number] => [1, 4 * features]

/** The mean of pieces' features, each weighted by its pixels. */
export function joinFeatures(
  pieces: readonly { readonly features: FloatTensor; readonly pixels: number }[],
): FloatTensor {
  const whole = pieces.reduce((sum, { pixels }) => sum + pixels, 0)
  const sum = new Float64Array(pieces[0]!.features.data.length)
  for (const { features, pixels } of pieces)
    for (let i = 0; i < sum.length; i++) sum[i]! += features.data[i]! * (pixels / whole)
  return float32(Float32Array.from(sum), pieces[0]!.features.shape)
}
