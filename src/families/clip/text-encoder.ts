import { Graph, type Value } from '../../graph/graph.ts'
import { layerNorm, linear } from '../../graph/modules.ts'
import { add, gather, greaterOrEqual, maskedScore, matmul, reshape, unsqueeze, where } from '../../graph/ops.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Session } from '../../runtime/session.ts'
import { int64, type FloatTensor } from '../../tensor/tensor.ts'
import type { LoraInputs } from '../../weights/lora.ts'
import { openWeightFolder, Weights, type LoraModules, type WeightMap } from '../../weights/weights.ts'
import { AppError } from '../../contract/errors.ts'
import { readClipTextConfig, type ClipTextConfig } from './clip-config.ts'
import { clipEncoder, findModule } from './clip-encoder.ts'

export interface ClipTextOptions {
  /**
   * How many of the last layers are left out (diffusers' `clip_skip`); default 0. `lastHiddenState` is then the final
   * norm of hidden_states[-(clipSkip + 1)] and `penultimate` is hidden_states[-(clipSkip + 2)].
   */
  readonly clipSkip?: number
}

/** What the encoder says about [b, t] ids; all float32. h = width. */
export interface ClipTextFeatures {
  /** [b, t, h] after the final layer norm (SD 1.x). */
  readonly lastHiddenState: FloatTensor
  /** [b, t, h] the state before the last layer, without the final norm (SDXL). */
  readonly penultimate: FloatTensor
  /** [b, h] row of the last hidden state at the EOS token; never depends on clipSkip. */
  readonly pooled: FloatTensor
  /** [b, p] projection of `pooled`, where the checkpoint has one (SDXL's second encoder). */
  readonly textEmbeds?: FloatTensor
}

export interface ClipTextEncoder {
  readonly config: ClipTextConfig
  /**
   * Encodes rows of ids, all of one length of at most `max_position_embeddings`. Padding is not masked, as in CLIP.
   * Throws AppError `input/too-long` for longer rows and `input/invalid-option` for a clipSkip that leaves no layer.
   */
  encode(ids: readonly (readonly number[])[], options?: ClipTextOptions): Promise<ClipTextFeatures>
  /** The same encoder with LoRA branches; the graph of the modules used last is kept loaded. */
  withLora(lora: LoraInputs): Promise<ClipTextEncoder>
  release(): Promise<void>
}

/** Loads the text encoder of a checkpoint folder: CLIPTextModel, CLIPTextModelWithProjection or a whole CLIPModel. */
export async function loadClipTextEncoder(folder: string, runtime: Runtime): Promise<ClipTextEncoder> {
  const config = readClipTextConfig(folder)
  const weights = openWeightFolder(folder, 'model')
  const load = (modules?: LoraModules) => runtime.load(clipTextGraph(weights, config, modules))
  const projected = weights.has(projectionName) || weights.has(transposedProjection)
  const plain = await load()
  let branched: { readonly key: string; readonly session: Promise<Session> } | undefined

  async function branchedSession(modules: LoraModules): Promise<Session> {
    const key = [...modules].sort().join()
    if (branched?.key !== key) {
      const old = branched
      branched = { key, session: load(modules) }
      branched.session.catch(() => (branched = undefined)) // so that a later request tries again
      await old?.session.then((unused) => unused.release())
    }
    return branched.session
  }

  const open = (session: () => Session | Promise<Session>, lora: LoraInputs['inputs']): ClipTextEncoder => ({
    config,
    encode: async (ids, options) => encode({ session: await session(), config, projected, lora }, ids, options),
    withLora: async ({ modules, inputs }) => {
      await branchedSession(modules)
      return open(() => branchedSession(modules), inputs)
    },
    release: async () => (await session()).release(),
  })
  return open(() => plain, {})
}

const projectionName = 'text_projection.weight'
/** OpenCLIP's own, in single files of SDXL: [width, projection]. */
const transposedProjection = 'text_projection'

/**
 * CLIPTextTransformer (arXiv 2103.00020). Inputs: ids int64 [b, t], positions int64 [t] = 0..t-1, pooled_rows int64
 * [b] = index of each row's pooled token in the flattened [b * t]. Outputs: hidden_<n> for each state, normal_<n> =
 * final_layer_norm of it, pooled, and text_embeds where there is a text_projection.
 */
export function clipTextGraph(map: WeightMap, config: ClipTextConfig, loraModules?: LoraModules): Graph {
  const g = new Graph('CLIP text encoder')
  const w = findModule(map, 'embeddings.token_embedding.weight', loraModules)
  const ids = g.input('ids', 'int64', ['batch', 'tokens'])
  const positions = g.input('positions', 'int64', ['tokens'])
  const rows = g.input('pooled_rows', 'int64', ['batch'])
  const { hidden_size: width, num_hidden_layers: layers } = config
  const embedded = embeddings(g, ids, positions, w.at('embeddings'), config)
  const states = clipEncoder(g, embedded, w.at('encoder'), config, layers, causalBias(g, positions))
  const normals = states.map((state) => layerNorm(g, state, w.at('final_layer_norm'), config.layer_norm_eps))
  states.forEach((state, n) => g.output(`hidden_${n}`, state))
  normals.forEach((normal, n) => g.output(`normal_${n}`, normal))
  const pooled = gather(g, reshape(g, normals.at(-1)!, [-1, width], ['batch*tokens', width]), rows)
  g.output('pooled', pooled)
  if (map.has(projectionName))
    g.output('text_embeds', linear(g, pooled, new Weights(map, 'text_projection.', loraModules)))
  else if (map.has(transposedProjection))
    g.output('text_embeds', matmul(g, pooled, g.weight(new Weights(map).entry(transposedProjection))))
  return g
}

/** Token plus position embedding: ids [b, t] -> [b, t, h]. Weights: token_embedding, position_embedding. */
function embeddings(g: Graph, ids: Value, positions: Value, w: Weights, config: ClipTextConfig): Value {
  const table = (name: string, rows: number) => g.weight(w.shaped(`${name}.weight`, [rows, config.hidden_size]))
  const tokens = gather(g, table('token_embedding', config.vocab_size), ids)
  return add(g, tokens, gather(g, table('position_embedding', config.max_position_embeddings), positions))
}

/** [1, 1, t, t]: 0 where a token may look (itself and earlier ones), else minus infinity. */
function causalBias(g: Graph, positions: Value): Value {
  const visible = greaterOrEqual(g, unsqueeze(g, positions, [1]), unsqueeze(g, positions, [0]))
  return unsqueeze(g, where(g, visible, g.scalar(0), g.scalar(maskedScore)), [0, 1])
}

interface LoadedEncoder {
  readonly session: Session
  readonly config: ClipTextConfig
  readonly projected: boolean
  readonly lora: LoraInputs['inputs']
}

async function encode(
  { session, config, projected, lora }: LoadedEncoder,
  ids: readonly (readonly number[])[],
  { clipSkip = 0 }: ClipTextOptions = {},
): Promise<ClipTextFeatures> {
  const length = checkedLength(config, ids)
  const last = config.num_hidden_layers - clipSkip
  if (!Number.isInteger(clipSkip) || clipSkip < 0 || last < 1) throw wrongSkip(config, clipSkip)
  const inputs = {
    ...lora,
    ids: int64(ids.flat(), [ids.length, length]),
    positions: int64(Array.from({ length }, (_, i) => i)),
    pooled_rows: int64(ids.map((row, i) => i * length + pooledPosition(row, config.eos_token_id))),
  }
  const names = { lastHiddenState: `normal_${last}`, penultimate: `hidden_${last - 1}`, pooled: 'pooled' }
  const wanted = projected ? [...Object.values(names), 'text_embeds'] : Object.values(names)
  const outputs = (await session.run(inputs, wanted)) as Record<string, FloatTensor>
  return {
    lastHiddenState: outputs[names.lastHiddenState]!,
    penultimate: outputs[names.penultimate]!,
    pooled: outputs[names.pooled]!,
    ...(projected ? { textEmbeds: outputs['text_embeds']! } : {}),
  }
}

/**
 * Where a row is pooled: at the first EOS token. Configs from before transformers 4.30 say `eos_token_id` 2, which is
 * not CLIP's, and mean the largest id of the row (its first occurrence). Without any EOS token it is position 0.
 */
export function pooledPosition(row: readonly number[], eosTokenId: number | null | undefined): number {
  if (eosTokenId === 2) return row.indexOf(Math.max(...row))
  return Math.max(0, row.indexOf(eosTokenId ?? 49407))
}

function checkedLength(config: ClipTextConfig, ids: readonly (readonly number[])[]): number {
  const length = ids[0]?.length ?? 0
  if (length === 0 || ids.some((row) => row.length !== length))
    throw new RangeError('CLIP text encoder: rows of ids must have one length, at least 1')
  if (length > config.max_position_embeddings)
    throw new AppError('input/too-long', {
      message: `the text encoder takes ${config.max_position_embeddings} tokens, the text has ${length}`,
      hint: 'Use a shorter prompt.',
    })
  return length
}

const wrongSkip = ({ num_hidden_layers: layers }: ClipTextConfig, clipSkip: number) =>
  new AppError('input/invalid-option', {
    message: `clip skip ${clipSkip} is not a whole number from 0 to ${layers - 1}`,
    hint: `This text encoder has ${layers} layers; choose a smaller clip skip.`,
  })
