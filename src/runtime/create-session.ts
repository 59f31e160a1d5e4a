import * as ort from 'onnxruntime-node'
import type { Graph } from '../graph/graph.ts'
import type { CacheDraft, CachedGraph, GraphCache } from './graph-cache.ts'
import { runtimeError } from './session.ts'

type SessionOptions = ort.InferenceSession.SessionOptions
type Warn = ((line: string) => void) | undefined

/**
 * Bytes that an optimised graph may take on the disk: fp16 becomes fp32, and packed copies of matrices may come on top;
 * quantised ones lie there as they are and packed.
 */
function cachedBytes(graph: Graph): number {
  let sum = 0
  for (const { entry } of graph.weights.values()) sum += entry.length * (entry.dtype === 'U8' ? 2 : 4)
  return sum
}

/** Loads a graph: as it lies optimised in the cache, or anew (and into the cache). Throws AppError when it cannot. */
export async function createSession(graph: Graph, options: SessionOptions, cache: GraphCache | undefined, warn: Warn) {
  try {
    const cached = cache && (await fromCache(graph, options, cache, warn))
    return cached ?? (await ort.InferenceSession.create(graph.toModel(), options))
  } catch (cause) {
    throw runtimeError(`loading ${graph.name}`, cause)
  }
}

/** Undefined when the cache can be neither read nor filled, which is said and does no harm. */
async function fromCache(graph: Graph, options: SessionOptions, cache: GraphCache, warn: Warn) {
  const key = await cache.keyOf(graph, JSON.stringify(options))
  try {
    const found = (await cache.find(key)) ?? (await fill(graph, options, cache, key))
    return await ort.InferenceSession.create(found.modelFile, whenOptimised(options))
  } catch (error) {
    warn?.(`the cache cannot be used for the graph ${graph.name}: ${String(error)}`)
    await cache.forget(key).catch(() => undefined)
    return undefined
  }
}

async function fill(graph: Graph, options: SessionOptions, cache: GraphCache, key: string) {
  const draft = await cache.draft(key, cachedBytes(graph))
  try {
    return await optimise(graph, options, draft)
  } catch (error) {
    await draft.discard()
    throw error
  }
}

/**
 * Lets onnxruntime optimise the graph into a draft: fp16 weights become fp32, transposed and packed for this machine's
 * kernels. That session is released at once: one loaded from the result maps its weights instead of holding them.
 */
async function optimise(graph: Graph, options: SessionOptions, draft: CacheDraft): Promise<CachedGraph> {
  const session = await ort.InferenceSession.create(graph.toModel(), {
    ...options,
    optimizedModelFilePath: draft.modelFile,
    extra: {
      session: {
        ...(options.extra?.['session'] as object | undefined),
        optimized_model_external_initializers_file_name: draft.weightsName,
        optimized_model_external_initializers_min_size_in_bytes: '1024',
        save_external_prepacked_constant_initializers: '1',
      },
    },
  })
  await session.release()
  return draft.keep()
}

/** For a graph that was optimised before: nothing is left to do, and its weights lie beside it. */
function whenOptimised(options: SessionOptions): SessionOptions {
  const session: Record<string, unknown> = { ...(options.extra?.['session'] as object | undefined) }
  delete session['model_external_initializers_file_folder_path']
  return { ...options, graphOptimizationLevel: 'disabled', extra: { session } }
}
