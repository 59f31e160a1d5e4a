import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'

let opened: Promise<Runtime> | undefined

/** The runtime on which golden cases are computed; one for the process. */
export const goldenRuntime = (): Promise<Runtime> => (opened ??= createRuntime({ device: 'cpu' }))
