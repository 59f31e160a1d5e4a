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

const [talkerBytes, painterBytes] = [vectors[0]!.length + vectors[1]!.length, vectors[1]!.length]

const talker: Loader<Session[]> = {
  role: 'mllm',
  name: 'a talker',
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
  load: (own) => (loads.push('painter'), own.load(graphOf(1))),
}

const x = { x: float32(new Float32Array(vectors[1]!.shape[0]!), vectors[1]!.shape) }

it('loads a model once for requests that come at once and later', async () => {
  const lease = createResidency(runtime).lease()
  const [one, two] = await Promise.all([lease.get(painter), lease.get(painter)])
  expect(one).toBe(two)
  expect(await lease.get(painter)).toBe(one)
  expect(loads).toEqual(['painter'])
})

it('says what is in memory, with the bytes of the weights behind its sessions', async () => {
  const residency = createResidency(runtime)
  expect(residency.list()).toEqual([])
  const lease = residency.lease()
  await Promise.all([lease.get(talker), lease.get(painter)])
  expect(residency.list()).toEqual([
    { role: 'mllm', name: 'a talker', bytes: talkerBytes },
    { role: 't2i', name: 'a painter', bytes: painterBytes },
  ])
})

it('keeps nothing of a load that failed, and tries again for the next request', async () => {
  const residency = createResidency(runtime)
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
  const residency = createResidency(runtime, talkerBytes)
  const first = residency.lease()
  const painted = await first.get(painter)
  first.end()
  const second = residency.lease()
  await second.get(talker)
  await expect.poll(() => residency.list().map(({ name }) => name)).toEqual(['a talker'])
  await expect(painted.run(x)).rejects.toMatchObject({ code: 'inference/failed' })

  const again = await second.get(painter)
  expect((await again.run(x))['y']?.data).toHaveLength(vectors[1]!.shape[0]!)
  expect(loads).toEqual(['painter', 'talker', 'painter'])
})

it('keeps a model that a request still uses, even beyond the limit', async () => {
  const residency = createResidency(runtime, 1)
  const lease = residency.lease()
  const painted = await lease.get(painter)
  await lease.get(talker)
  expect(residency.list()).toHaveLength(2)
  expect((await painted.run(x))['y']).toBeDefined()
  lease.end()
  await expect.poll(() => residency.list()).toEqual([])
})
