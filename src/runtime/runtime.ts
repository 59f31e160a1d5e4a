import * as ort from 'onnxruntime-node'
import { graphCodeVersion, type Graph } from '../graph/graph.ts'
import { chooseDevice, type DeviceKind, type DeviceSetting } from './device.ts'
import { createSession } from './create-session.ts'
import { openGraphCache } from './graph-cache.ts'
import { wrapSession, type Session } from './session.ts'

export interface RuntimeOptions {
  readonly device?: DeviceSetting
  /** Threads of one operator; default: onnxruntime's choice (physical cores). */
  readonly threads?: number
  /** Folder of optimised graphs; they are kept when `hashOf` is given, too. */
  readonly cacheDir?: string
  /** sha256 of a weight file, hex: part of the key under which an optimised graph is kept. */
  readonly hashOf?: (file: string) => Promise<string>
  /** Told about every fallback. */
  readonly warn?: (line: string) => void
}

export interface LoadOptions {
  /**
   * Whether weights are copied into the layout of the device's matrix kernels; default true. Without it float32 weights
   * stay in the mapped file, and a product of few rows is as fast (docs/performance.md).
   */
  readonly packWeights?: boolean
}

/** Loads graphs onto one device and knows what is loaded. */
export interface Runtime {
  readonly device: DeviceKind
  /** Versions and device, for recipes and cache keys. */
  readonly versions: Readonly<Record<string, string>>
  /** Loads a graph with the weights it points to. Throws AppError when it cannot. */
  load(graph: Graph, options?: LoadOptions): Promise<Session>
  /** Sessions that are loaded, with the bytes of their weights. */
  readonly sessions: ReadonlySet<Session>
}

/** Opens the device and returns the runtime over it. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { device, refused } = await chooseDevice(options.device ?? 'auto')
  if (refused.length > 0 && options.device !== 'auto' && options.device !== undefined)
    options.warn?.(`device ${options.device} cannot be used, running on ${device} instead: ${refused.join('; ')}`)
  const onnxruntime = ort.env.versions.node ?? ort.env.versions.common
  const { cacheDir: dir, hashOf } = options
  // Providers other than the CPU's upload weights to their own memory; there is nothing to map.
  const cached = device === 'cpu' && dir !== undefined && hashOf
  const cache = cached ? openGraphCache({ dir, hashOf, facts: [device, onnxruntime] }) : undefined
  const sessions = new Set<Session>()
  return {
    device,
    versions: { onnxruntime, device, graph: String(graphCodeVersion) },
    sessions,
    async load(graph, loadOptions) {
      const native = await createSession(graph, sessionOptions(device, options, loadOptions), cache, options.warn)
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

function sessionOptions(
  device: DeviceKind,
  { threads }: RuntimeOptions,
  { packWeights = true }: LoadOptions = {},
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
    extra: {
      session: {
        // The graph comes as bytes; its weights are located from the root folder (Graph.toModel).
        model_external_initializers_file_folder_path: '/',
        ...(packWeights ? {} : { disable_prepacking: '1' }),
        // A spinning pool would take the cores from the bot's own thread between steps.
        intra_op: { allow_spinning: '0' },
      },
    },
  }
}
