import { truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { Graph } from '../../src/graph/graph.ts'
import { add, scale } from '../../src/graph/ops.ts'
import type { DeviceSetting } from '../../src/runtime/device.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { runtimeError } from '../../src/runtime/session.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { temporaryFolder, weightOf, writeSafetensors } from '../weights/write-safetensors.ts'
import { resultOf, smallGraph } from './small-graph.ts'

const folder = temporaryFolder()
const runtime = await createRuntime({ device: 'cpu' })

function checkpoint(name: string, width = 16): string {
  return writeSafetensors(path.join(folder, name), {
    'linear.weight': weightOf([width, width], 'F16', 1),
    'linear.bias': weightOf([width], 'F16', 2),
    'norm.weight': weightOf([width], 'F16', 3),
    'norm.bias': weightOf([width], 'F16', 4),
  })
}

/** y = 2 (a + b), z = a + b for a, b [n, 2]. */
function sums(): Graph {
  const g = new Graph('sums')
  const sum = add(g, g.input('a', 'float32', ['n', 2]), g.input('b', 'float32', ['n', 2]))
  g.output('y', scale(g, sum, 2))
  g.output('z', sum)
  return g
}

const row = (...values: number[]) => float32(Float32Array.from(values), [1, values.length])

describe('the device', () => {
  async function opened(device: DeviceSetting | undefined) {
    const warnings: string[] = []
    const { device: chosen } = await createRuntime({
      ...(device ? { device } : {}),
      warn: (line) => warnings.push(line),
    })
    return { chosen, warnings }
  }

  it.each(['cuda', 'webgpu', 'npu'] as DeviceSetting[])(
    '%s is taken, or the CPU is and a warning says why',
    async (wanted) => {
      const { chosen, warnings } = await opened(wanted)
      if (chosen === wanted) return expect(warnings).toEqual([])
      expect(chosen).toBe('cpu')
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(
        new RegExp(`^device ${wanted} cannot be used, running on cpu instead: ${wanted}: .{10}`),
      )
    },
  )

  it('says that a kind of device is not in this build', async () => {
    const { chosen, warnings } = await opened('npu' as DeviceSetting)
    expect(chosen).toBe('cpu')
    expect(warnings[0]).toMatch(/npu: not in this build of onnxruntime$/)
  })

  it.each([undefined, 'auto', 'cpu'] as const)('is chosen in silence for %s', async (wanted) => {
    const { chosen, warnings } = await opened(wanted)
    expect(warnings).toEqual([])
    if (wanted === 'cpu') expect(chosen).toBe('cpu')
  })

  it('is named with the versions that a recipe holds', () => {
    expect(runtime.device).toBe('cpu')
    expect(runtime.versions).toEqual({
      onnxruntime: expect.stringMatching(/^\d+\.\d+/) as string,
      device: 'cpu',
      graph: expect.stringMatching(/^\d+$/) as string,
    })
  })
})

describe('the precision', () => {
  const bfloat = () =>
    writeSafetensors(path.join(folder, 'bfloat.safetensors'), {
      'linear.weight': weightOf([8, 8], 'BF16', 1),
      'norm.weight': weightOf([8], 'BF16', 3),
      'norm.bias': weightOf([8], 'BF16', 4),
    })

  it('is asked for with the device that was chosen, and is part of what a recipe holds', async () => {
    const asked: string[] = []
    const precisionOn = (device: string) => (asked.push(device), 'fp16' as const)
    const half = await createRuntime({ device: 'cpu', precisionOn })
    expect(asked).toEqual(['cpu'])
    expect(half.versions).toEqual({ ...runtime.versions, precision: 'fp16' })
  })

  it('of fp16 has graphs rewritten, but for those whose values leave its range and those of bf16, which is said', async () => {
    const warnings: string[] = []
    const options = { precisionOn: () => 'fp16' as const, warn: (line: string) => warnings.push(line) }
    const half = await createRuntime({ device: 'cpu', ...options })
    const isRewritten = async (graph: Graph, keepFloat32 = false) => {
      await (await half.load(graph, { keepFloat32 })).release()
      return graph.nodes.some(({ outputs }) => outputs[0]!.dtype === 'float16')
    }
    const file = checkpoint('halves.safetensors')
    expect(await isRewritten(smallGraph(file))).toBe(true)
    expect(await isRewritten(smallGraph(file), true)).toBe(false)
    expect(warnings).toEqual([])
    expect(await isRewritten(smallGraph(bfloat()))).toBe(false)
    expect(warnings).toEqual([expect.stringMatching(/^small stays in fp32: .*bf16/)])
    const plain = smallGraph(file)
    await (await runtime.load(plain)).release()
    expect(plain.nodes.some(({ outputs }) => outputs[0]!.dtype === 'float16')).toBe(false)
  })
})

describe('a session', () => {
  it('is counted with the bytes of its weights until it is released', async () => {
    const own = await createRuntime({ device: 'cpu' })
    const graph = smallGraph(checkpoint('counted.safetensors'))
    const [first, second] = [await own.load(graph), await own.load(graph)]
    expect([...own.sessions].map(({ name, weightBytes }) => ({ name, weightBytes }))).toEqual(
      [1, 2].map(() => ({ name: 'small', weightBytes: (16 * 16 + 3 * 16) * 2 })),
    )
    expect(own.sessions.has(first)).toBe(true)
    await first.release()
    expect([...own.sessions]).toEqual([second])
    await second.release()
    expect(own.sessions.size).toBe(0)
  })

  it('may be released twice', async () => {
    const session = await runtime.load(sums())
    await session.release()
    await session.release()
    expect(runtime.sessions.size).toBe(0)
  })

  it('gives all outputs, or those asked for', async () => {
    const session = await runtime.load(sums())
    const inputs = { a: row(1, 2), b: row(3, 4) }
    expect(await session.run(inputs)).toEqual({ y: row(8, 12), z: row(4, 6) })
    expect(await session.run(inputs, ['z'])).toEqual({ z: row(4, 6) })
    await session.release()
  })

  it('computes the same with weights that are packed and that are not', async () => {
    const graph = smallGraph(checkpoint('packed.safetensors'))
    const packed = await resultOf(runtime, graph)
    const loose = await resultOf({ ...runtime, load: (g) => runtime.load(g, { packWeights: false }) }, graph)
    packed.forEach((value, i) => expect(loose[i]).toBeCloseTo(value, 5))
  })
})

describe('what goes wrong is an AppError', () => {
  it('for a graph that cannot be', async () => {
    const g = new Graph('broken')
    const x = g.input('x', 'float32', [1])
    g.output('y', g.node('NoSuchOperator', [x], x))
    await expect(runtime.load(g)).rejects.toSatisfy(
      (error) =>
        error instanceof AppError &&
        error.code === 'inference/failed' &&
        /loading broken: .*NoSuchOperator/s.test(error.message),
    )
    expect(runtime.sessions.size).toBe(0)
  })

  it('for weights that were cut off after they were opened', async () => {
    const file = checkpoint('cut-off.safetensors')
    const graph = smallGraph(file)
    truncateSync(file, 300)
    await expect(runtime.load(graph)).rejects.toMatchObject({ name: 'AppError', code: 'inference/failed' })
  })

  it.each([
    ['an input of another shape', { a: row(1, 2), b: row(1, 2, 3) }, undefined],
    ['an input whose data does not fit its shape', { a: row(1, 2), b: { ...row(1, 2), shape: [1, 3] } }, undefined],
    ['a missing input', { a: row(1, 2) }, undefined],
    ['an output that is not there', { a: row(1, 2), b: row(1, 2) }, ['x']],
  ])('for %s', async (_, inputs, outputs) => {
    const session = await runtime.load(sums())
    const run = session.run(inputs, outputs)
    await expect(run).rejects.toSatisfy(
      (error) =>
        error instanceof AppError && error.code === 'inference/failed' && error.message.startsWith('running sums: '),
    )
    expect(await session.run({ a: row(1, 2), b: row(3, 4) }, ['z'])).toEqual({ z: row(4, 6) })
    await session.release()
  })

  it('which says so when memory ran out, and keeps an AppError as it is', () => {
    for (const message of ['std::bad_alloc', 'Failed to allocate memory for requested buffer of size 4'])
      expect(runtimeError('running x', new Error(message))).toMatchObject({
        code: 'inference/out-of-memory',
        message: `running x: memory ran out (${message})`,
        retryable: true,
      })
    const known = new AppError('weights/missing', { message: 'a.safetensors' })
    expect(runtimeError('loading x', known)).toBe(known)
    expect(runtimeError('loading x', 'odd')).toMatchObject({ code: 'inference/failed', message: 'loading x: odd' })
  })

  it('that keeps its code when it comes from the hash of a weight file', async () => {
    const gone = new AppError('weights/missing', { message: 'gone' })
    const cached = await createRuntime({
      device: 'cpu',
      cacheDir: path.join(folder, 'cache'),
      hashOf: () => Promise.reject(gone),
    })
    await expect(cached.load(smallGraph(checkpoint('hashed.safetensors')))).rejects.toBe(gone)
  })
})
