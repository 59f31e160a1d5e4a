import { afterEach, beforeAll, expect, it } from 'vitest'
import { Graph } from '../../src/graph/graph.ts'
import { add } from '../../src/graph/ops.ts'
import { createResidency, type Loader } from '../../src/inference/residency.ts'
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

/** On one device, within a budget or without one. */
const residencyWith = (budgetBytes?: number) =>
  createResidency({
    runtimeOf: () => runtime,
    budgets: new Map(budgetBytes === undefined ? [] : [[runtime.deviceName, budgetBytes]]),
  })

const [talkerBytes, painterBytes] = [vectors[0]!.length + vectors[1]!.length, vectors[1]!.length]

const talker: Loader<Session[]> = {
  role: 'mllm',
  name: 'a talker',
  needBytes: () => talkerBytes,
  load: async (own) => {
    loads.push('talker')
    const first = await own.load(graphOf(0))
    if (failing) throw new Error('the second file is cut off')
    return [first, await own.load(graphOf(1))]
  },
}
const painter: Loader<Session> = {
  role: 't2i',
  name: 'a painter',
  needBytes: ({ pixels = 0 }) => painterBytes + pixels,
  load: (own) => (loads.push('painter'), own.load(graphOf(1))),
}

const x = { x: float32(new Float32Array(vectors[1]!.shape[0]!), vectors[1]!.shape) }

it('loads a model once for requests that come at once and later', async () => {
  const lease = residencyWith().lease()
  const [one, two] = await Promise.all([lease.get(painter), lease.get(painter)])
  expect(one).toBe(two)
  expect(await lease.get(painter)).toBe(one)
  expect(loads).toEqual(['painter'])
})

it('says what is in memory and why', async () => {
  const residency = residencyWith()
  expect(residency.list()).toEqual([])
  const lease = residency.lease()
  await lease.claim([painter], { pixels: 100 })
  await Promise.all([lease.get(talker), lease.get(painter)])
  const common = { device: 'cpu', loaded: true, users: 1, pinned: false, lastUsedAt: expect.any(Number) as number }
  const list = () => [...residency.list()].sort((a, b) => a.role.localeCompare(b.role))
  expect(list()).toEqual([
    { ...common, role: 'mllm', name: 'a talker', bytes: talkerBytes, estimatedBytes: talkerBytes },
    { ...common, role: 't2i', name: 'a painter', bytes: painterBytes, estimatedBytes: painterBytes + 100 },
  ])
  lease.end()
  expect(list().map(({ users }) => users)).toEqual([0, 0])
})

it('keeps nothing of a load that failed, and tries again for the next request', async () => {
  const residency = residencyWith()
  const lease = residency.lease()
  failing = true
  const sessionsBefore = runtime.sessions.size
  await expect(lease.get(talker)).rejects.toThrow('cut off')
  await expect.poll(() => runtime.sessions.size).toBe(sessionsBefore)
  expect(residency.list()).toEqual([])
  failing = false
  expect(await lease.get(talker)).toHaveLength(2)
})

it('releases what was longest unused when memory is short, and loads it anew when it is asked for', async () => {
  const residency = residencyWith(talkerBytes)
  const first = residency.lease()
  const painted = await first.get(painter)
  first.end()
  const second = residency.lease()
  await second.get(talker)
  expect(residency.list().map(({ name }) => name)).toEqual(['a talker'])
  await expect(painted.run(x)).rejects.toMatchObject({ code: 'inference/failed' })
  second.end()

  const third = residency.lease()
  const again = await third.get(painter)
  expect((await again.run(x))['y']?.data).toHaveLength(vectors[1]!.shape[0]!)
  expect(loads).toEqual(['painter', 'talker', 'painter'])
})

it('keeps a model that a request uses: who needs its room waits until that request ends', async () => {
  const residency = residencyWith(talkerBytes)
  const drawing = residency.lease()
  const painted = await drawing.get(painter)
  const talking = residency.lease()
  const talked = talking.get(talker)
  expect((await painted.run(x))['y']).toBeDefined()
  expect(residency.list().map(({ name }) => name)).toEqual(['a painter'])
  drawing.end()
  expect(await talked).toHaveLength(2)
  expect(residency.list().map(({ name }) => name)).toEqual(['a talker'])
})

it('forgets the wish of a request that ended while it waited', async () => {
  const residency = residencyWith(talkerBytes)
  const drawing = residency.lease()
  await drawing.get(painter)
  const talking = residency.lease()
  const talked = talking.get(talker)
  talking.end()
  await expect(talked).rejects.toMatchObject({ code: 'inference/cancelled' })
  drawing.end()
  expect(loads).toEqual(['painter'])
})

it('refuses models that do not fit even alone, and says what to do', async () => {
  const residency = residencyWith(talkerBytes)
  const lease = residency.lease()
  const refused = { code: 'model/too-large', hint: expect.stringMatching(/smaller model, or less precision/) as string }
  await expect(lease.claim([talker, painter])).rejects.toMatchObject(refused)
  await expect(lease.claim([painter], { pixels: talkerBytes })).rejects.toMatchObject(refused)
  expect(await lease.get(talker)).toHaveLength(2)
  expect(loads).toEqual(['talker'])
})

it('loads ahead only what fits beside the others', async () => {
  const residency = residencyWith(talkerBytes)
  expect(await residency.preload([talker, painter])).toEqual([{ loader: painter }])
  expect(residency.list().map(({ name, users }) => [name, users])).toEqual([['a talker', 0]])
})

it('keeps a budget for each device, and clears none for the sake of another', async () => {
  const other: Runtime = { ...runtime, deviceName: 'cuda:1' }
  const residency = createResidency({
    runtimeOf: (role) => (role === 'mllm' ? runtime : other),
    budgets: new Map([
      ['cpu', talkerBytes],
      ['cuda:1', painterBytes],
    ]),
  })
  const use = async (loader: Loader<unknown>) => {
    const lease = residency.lease()
    await lease.get(loader)
    lease.end()
  }
  await use(talker)
  await use(painter)
  expect(residency.list().map(({ role, device }) => [role, device])).toEqual([
    ['mllm', 'cpu'],
    ['t2i', 'cuda:1'],
  ])
  await use({ ...painter, name: 'another painter' })
  expect(residency.list().map(({ name }) => name)).toEqual(['a talker', 'another painter'])
})
