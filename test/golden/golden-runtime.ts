import type { GraphPrecision } from '../../src/graph/half-precision.ts'
import type { DeviceKind } from '../../src/runtime/device.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'

let opened: Promise<Runtime> | undefined

/** The runtime on which golden cases are computed; one for the process, on the CPU unless it was opened elsewhere. */
export const goldenRuntime = (): Promise<Runtime> => (opened ??= createRuntime({ device: 'cpu' }))

let graphs = 0

/** How many graphs were loaded in fp16 so far; a case that loads none is held to its own tolerance. */
export const halfGraphs = (): number => graphs

/**
 * Has the cases computed on this device and in this precision, before the first one is. Throws when the device cannot be
 * used: nothing falls back. What stays in fp32 all the same is said.
 */
export async function computeOn(device: DeviceKind, precision: GraphPrecision = 'fp32'): Promise<void> {
  const said: string[] = []
  const runtime = await createRuntime({ device, precisionOn: () => precision, warn: (line) => said.push(line) })
  if (runtime.device !== device) throw new Error(said.join('\n'))
  const load: Runtime['load'] = async (graph, options) => {
    const session = await runtime.load(graph, options)
    if (graph.nodes.some(({ outputs }) => outputs[0]!.dtype === 'float16')) graphs++
    return session
  }
  opened = Promise.resolve({ ...runtime, load })
}
