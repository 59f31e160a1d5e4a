import * as ort from 'onnxruntime-node'
import { graphCodeVersion, type Graph } from '../graph/graph.ts'
import { halfPrecisionObstacle, toHalfPrecision, type GraphPrecision } from '../graph/half-precision.ts'
import { fitToProvider } from '../graph/provider-variants.ts'
import { quantisedMatmul } from '../graph/quantised-matrix.ts'
import {
  chooseDevice,
  deviceName,
  executionProvider,
  type DeviceKind,
  type DeviceName,
  type DeviceSetting,
} from './device.ts'
import { createSession } from './create-session.ts'
import { openGraphCache } from './graph-cache.ts'
import { openWeightCache, type WeightCache } from './weight-cache.ts'
import { wrapSession, type Session } from './session.ts'

export interface RuntimeOptions {
  readonly device?: DeviceSetting
  /** What graphs compute in on the device that was chosen; default: fp32 on all. */
  readonly precisionOn?: (device: DeviceKind) => GraphPrecision
  /** Threads of one operator; default: onnxruntime's choice (physical cores). */
  readonly threads?: number
  /** Folder of optimised graphs; they are kept when `hashOf` is given, too. */
  readonly cacheDir?: string
  /** sha256 of a weight file, hex: part of the key under which an optimised graph is kept. */
  readonly hashOf?: (file: string) => Promise<string>
  /** Told about every fallback. */
  readonly warn?: (line: string) => void
  /** Told about work that takes its time and is done once. */
  readonly tell?: (line: string) => void
}

export interface LoadOptions {
  /**
   * Whether weights are copied into the layout of the device's matrix kernels; default true. Without it float32 weights
   * stay in the mapped file, and a product of few rows is as fast (docs/performance.md).
   */
  readonly packWeights?: boolean
  /**
   * Whether half-precision weights stay in the checkpoint's mapped file and are widened at each use; default false:
   * they are widened once. Half the memory and nothing to prepare, for steps of few rows that take longer.
   */
  readonly keepHalves?: boolean
  /** Whether the graph stays in float32 on every device, as its values leave fp16's range; default false. */
  readonly keepFloat32?: boolean
}

/** Loads graphs onto one device and knows what is loaded. */
export interface Runtime {
  readonly device: DeviceKind
  /** The device with the number of its card: what tells runtimes apart. */
  readonly deviceName: DeviceName
  /** Versions and device, for recipes and cache keys. */
  readonly versions: Readonly<Record<string, string>>
  /** Where quantised weights are kept; absent without a cache folder. */
  readonly weights?: WeightCache
  /**
   * Loads a graph with the weights it points to, rewritten for the device's provider and precision. Throws AppError when
   * it cannot.
   */
  load(graph: Graph, options?: LoadOptions): Promise<Session>
  /** Sessions that are loaded, with the bytes of their weights. */
  readonly sessions: ReadonlySet<Session>
}

/** Opens the device and returns the runtime over it. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { device, index, refused } = await chooseDevice(options.device ?? 'auto')
  if (refused.length > 0 && options.device !== 'auto' && options.device !== undefined)
    options.warn?.(`device ${options.device} cannot be used, running on ${device} instead: ${refused.join('; ')}`)
  const precision = options.precisionOn?.(device) ?? 'fp32'
  const onnxruntime = ort.env.versions.node ?? ort.env.versions.common
  const { cacheDir: dir, hashOf, tell } = options
  const weights = dir !== undefined && hashOf ? openWeightCache({ dir, hashOf, tell }) : undefined
  // Providers other than the CPU's upload weights to their own memory; there is nothing to map.
  const cached = device === 'cpu' && dir !== undefined && weights
  const cache = cached ? openGraphCache({ dir, hashOf: weights.hashOf, facts: [device, onnxruntime] }) : undefined
  const sessions = new Set<Session>()
  return {
    device,
    deviceName: deviceName(device, index),
    versions: { onnxruntime, device, graph: String(graphCodeVersion), ...(precision === 'fp16' && { precision }) },
    sessions,
    ...(weights ? { weights } : {}),
    async load(graph, loadOptions = {}) {
      fitToProvider(graph, device)
      const isHalf = precision === 'fp16' && !loadOptions.keepFloat32 && fitToHalves(graph, options.warn)
      const keepHalves = (loadOptions.keepHalves ?? false) && !isHalf // they are used as they lie
      const packWeights = loadOptions.packWeights ?? true
      const quantised = isQuantised(graph)
      const native = await createSession(
        graph,
        sessionOptions(device, index, options, { packWeights: packWeights || quantised, keepHalves, quantised }),
        // Halves are not prepared. Quantised weights are packed at each load: a graph of many that onnxruntime 1.30 had
        // kept packed gave NaN when it was read again (docs/precision.md).
        keepHalves || quantised ? undefined : cache,
        options.warn,
      )
      const wrapped = wrapSession(graph.name, graph.weightBytes, native)
      const session: Session = {
        ...wrapped,
        release: async () => {
          if (sessions.delete(session)) await wrapped.release()
        },
      }
      sessions.add(session)
      return session
    },
  }
}

/** Rewrites a graph for fp16 and says whether it did; why not is told. */
function fitToHalves(graph: Graph, warn: RuntimeOptions['warn']): boolean {
  const obstacle = halfPrecisionObstacle(graph)
  if (obstacle === undefined) toHalfPrecision(graph)
  else warn?.(`${graph.name} stays in fp32: ${obstacle}`)
  return obstacle === undefined
}

/** Products with quantised weights take a hundred times as long where their weights are not packed. */
const isQuantised = (graph: Graph): boolean => graph.nodes.some(({ op }) => op === quantisedMatmul)

/** What widens half-precision weights at load. */
const widening = 'ConstantFolding;FuseFp16InitializerToFp32NodeTransformer'

function sessionOptions(
  device: DeviceKind,
  index: number,
  { threads }: RuntimeOptions,
  { packWeights, keepHalves, quantised }: LoadOptions & { readonly quantised: boolean },
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [executionProvider(device, index), 'cpu'],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
    extra: {
      session: {
        // The graph comes as bytes; its weights are located from the root folder (Graph.toModel).
        model_external_initializers_file_folder_path: '/',
        ...(packWeights ? {} : { disable_prepacking: '1' }),
        // Threads that wait for the next product in a loop make a token faster (docs/precision.md); they sleep as soon as
        // the run is over. Elsewhere they sleep between operators, too: other work has the cores.
        intra_op: { allow_spinning: quantised ? '1' : '0' },
        force_spinning_stop: '1',
      },
      ...(keepHalves ? { optimization: { disable_specified_optimizers: widening } } : {}),
    },
  }
}
