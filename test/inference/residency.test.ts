import { afterEach, beforeAll, expect, it } from 'vitest'
import { Graph } from '../../src/graph/graph.ts'
import { add } from '../../src/graph/ops.ts'
import { createResidency } from '../../src/inference/residency.ts'
import { partFolder, resolveModel } from '../../src/inference/model-presets.ts'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.ts'
import type { Session } from '../../src/runtime/session.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'

/** Real sessions over vectors of the embedded text encoder. */
const vectors = [...openWeightFolder(partFolder(resolveModel('t2i', 'llmga-tiny'), 'text_encoder'), 'model').values()]
  .filter(({ shape }) => shape.length === 1)
  .slice(0, 2)

function graphOf(index: number): Graph {
  const vector = vectors[index]!
  const g = new Graph(`plus ${vector.name}`)
  g.output('y', add(g, g.input('x', 'float32', vector.shape), g.weight(vector)))
  return g
}

let runtime: Runtime
let loads: string[] = []
let failing = false
beforeAll(async () => {
  runtime = await createRuntime({ device: 'cpu' })
})
afterEach(() => {
  loads = []
  failing = false
})

const open = () =>
  createResidency<{ mllm: Session[]; t2i: Session }>(runtime, {
    mllm: {
      name: 'a talker',
      load: async (own) => {
        loads.push('mllm')
        const first = await own.load(graphOf(0))
        if (failing) throw new Error('the second file is cut off')
        return [first, await own.load(graphOf(1))]
      },
    },
    t2i: { name: 'a painter', load: (own) => (loads.push('t2i'), own.load(graphOf(1))) },
  })

it('loads a role once for requests that come at once and later', async () => {
  const residency = open()
  const [one, two] = await Promise.all([residency.get('t2i'), residency.get('t2i')])
  expect(one).toBe(two)
  expect(await residency.get('t2i')).toBe(one)
  expect(loads).toEqual(['t2i'])
  await residency.drop('t2i')
})

it('says what is in memory, with the bytes of the weights behind its sessions', async () => {
  const residency = open()
  expect(residency.list()).toEqual([])
  await Promise.all([residency.get('mllm'), residency.get('t2i')])
  expect(residency.list()).toEqual([
    { role: 'mllm', name: 'a talker', bytes: vectors[0]!.length + vectors[1]!.length },
    { role: 't2i', name: 'a painter', bytes: vectors[1]!.length },
  ])
  await Promise.all([residency.drop('mllm'), residency.drop('t2i')])
})

it('releases the sessions of a dropped role and loads it anew when it is asked for', async () => {
  const residency = open()
  const before = await residency.get('t2i')
  await residency.drop('t2i')
  const x = { x: float32(new Float32Array(vectors[1]!.shape[0]!), vectors[1]!.shape) }
  await expect(before.run(x)).rejects.toMatchObject({ code: 'inference/failed' })
  expect((await (await residency.get('t2i')).run(x))['y']?.data).toHaveLength(vectors[1]!.shape[0]!)
  expect(loads).toEqual(['t2i', 't2i'])
  await residency.drop('t2i')
  expect(residency.list()).toEqual([])
})

it('keeps nothing of a load that failed, and tries again for the next request', async () => {
  const residency = open()
  failing = true
  const sessionsBefore = runtime.sessions.size
  await expect(residency.get('mllm')).rejects.toThrow('cut off')
  await expect.poll(() => runtime.sessions.size).toBe(sessionsBefore)
  expect(residency.list()).toEqual([])
  failing = false
  expect(await residency.get('mllm')).toHaveLength(2)
  await residency.drop('mllm')
})
