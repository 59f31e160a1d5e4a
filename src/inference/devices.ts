import { deviceMemory } from '../runtime/device-memory.ts'
import type { DeviceName, DeviceSetting } from '../runtime/device.ts'
import { createRuntime, type Runtime, type RuntimeOptions } from '../runtime/runtime.ts'
import { memoryBudget } from './memory-budget.ts'
import type { WorkerSetup } from './protocol.ts'
import type { ResidencyPlaces } from './residency.ts'

type DeviceSettings = {
  readonly [Key in 'device' | 'mllmDevice' | 'pictureDevice']?: WorkerSetup[Key] | undefined
}

/** The devices in use, each opened once. */
export interface Devices extends ResidencyPlaces {
  /** Bytes that a chat model may keep for later requests. */
  readonly chatMemoryBytes: number
  /** For a person: one name, or who computes where. */
  readonly summary: string
}

/** The device that is asked for the language model (`mllm`), and for all the others (`pictures`). */
export function wantedDevices({ device = 'auto', mllmDevice = device, pictureDevice = device }: DeviceSettings) {
  return { mllm: mllmDevice, pictures: pictureDevice }
}

/**
 * Opens each device that is asked for. Settings that come to the same device (also by falling back to the CPU) share
 * one runtime and one budget. `memoryOf` tells a device's bytes. Throws AppError when no device works.
 */
export async function openDevices(
  setup: DeviceSettings & Pick<WorkerSetup, 'memoryLimitBytes' | 'chatMemoryBytes'>,
  options: Omit<RuntimeOptions, 'device'>,
  memoryOf: (device: DeviceName) => Promise<number | undefined> = deviceMemory,
): Promise<Devices> {
  const wanted = wantedDevices(setup)
  const runtimes = new Map<string, Runtime>()
  const bySetting = new Map<DeviceSetting, Runtime>()
  for (const device of new Set(Object.values(wanted))) {
    const opened = await createRuntime({ ...options, device })
    const runtime = runtimes.get(opened.deviceName) ?? opened
    runtimes.set(runtime.deviceName, runtime)
    bySetting.set(device, runtime)
  }
  const mllm = bySetting.get(wanted.mllm)!
  const pictures = bySetting.get(wanted.pictures)!
  const budgets = new Map<string, number>()
  for (const { device, deviceName } of runtimes.values()) {
    const { budgetBytes } = memoryBudget(setup, device, await memoryOf(deviceName))
    if (budgetBytes !== undefined) budgets.set(deviceName, budgetBytes)
  }
  const { chatMemoryBytes } = memoryBudget(setup, mllm.device, await memoryOf(mllm.deviceName))
  const summary =
    mllm === pictures ? mllm.deviceName : `${mllm.deviceName} (chat) and ${pictures.deviceName} (pictures)`
  return { runtimeOf: (role) => (role === 'mllm' ? mllm : pictures), budgets, chatMemoryBytes, summary }
}
