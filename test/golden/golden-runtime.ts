import type { DeviceKind } from '../../src/runtime/device.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'

let opened: Promise<Runtime> | undefined

/** The runtime on which golden cases are computed; one for the process, on the CPU unless it was opened elsewhere. */
export const goldenRuntime = (): Promise<Runtime> => (opened ??= createRuntime({ device: 'cpu' }))

/** Has the cases computed on this device, before the first one is. Throws when it cannot be used: nothing falls back. */
export async function computeOn(device: DeviceKind): Promise<void> {
  let said = ''
  opened = createRuntime({ device, warn: (line) => (said = line) })
  if ((await opened).device !== device) throw new Error(said)
}
