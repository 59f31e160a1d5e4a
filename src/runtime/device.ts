import * as ort from 'onnxruntime-node'
import { Graph } from '../graph/graph.ts'
import { add } from '../graph/ops.ts'
import { AppError } from '../contract/errors.ts'

export type DeviceKind = 'cpu' | 'webgpu' | 'cuda'
export type DeviceSetting = DeviceKind | 'auto'

/** A device that was tried and works, and what was said about those that do not. */
export interface DeviceChoice {
  readonly device: DeviceKind
  /** One line for each device that was asked for and is not there. */
  readonly refused: readonly string[]
}

/** Order in which `auto` tries. */
const automatic: readonly DeviceKind[] = ['cuda', 'webgpu', 'cpu']

/**
 * Chooses where graphs run. A device is tried with a tiny graph: onnxruntime drops an unknown provider silently and
 * throws for a known one whose libraries or adapter are missing. When the wanted one fails the CPU is taken and
 * `refused` says why; the caller must say it aloud.
 */
export async function chooseDevice(setting: DeviceSetting): Promise<DeviceChoice> {
  const refused: string[] = []
  for (const device of setting === 'auto' ? automatic : [setting, 'cpu' as const]) {
    const problem = await probe(device)
    if (problem === undefined) return { device, refused }
    refused.push(`${device}: ${problem}`)
  }
  throw new AppError('inference/failed', { message: `no device works: ${refused.join('; ')}` })
}

// What goes wrong comes as an exception; onnxruntime's own lines on stderr would only repeat it.
ort.env.logLevel = 'fatal'

/** Undefined when a session on this device adds two numbers; else why not. */
async function probe(device: DeviceKind): Promise<string | undefined> {
  if (!ort.listSupportedBackends().some(({ name }) => name === device)) return 'not in this build of onnxruntime'
  const g = new Graph('probe')
  g.output('y', add(g, g.input('x', 'float32', [1]), g.scalar(1)))
  try {
    const session = await ort.InferenceSession.create(g.toModel(), {
      executionProviders: [device],
      logSeverityLevel: 4,
    })
    const { y } = await session.run({ x: new ort.Tensor('float32', new Float32Array([1]), [1]) })
    await session.release()
    return (y?.data as Float32Array | undefined)?.[0] === 2 ? undefined : 'it adds wrongly'
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()
  }
}
