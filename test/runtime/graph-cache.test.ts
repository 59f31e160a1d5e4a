import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Graph } from '../../src/graph/graph.ts'
import { openGraphCache } from '../../src/runtime/graph-cache.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import { readLines, startLimited, startScript } from '../support/child-process.ts'
import { safetensorsBytes, temporaryFolder, weightOf, writeSafetensors } from '../weights/write-safetensors.ts'
import { resultOf, smallGraph } from './small-graph.ts'

const root = temporaryFolder()
const child = fileURLToPath(new URL('cache-filler.ts', import.meta.url))
/** The name of a huge sparse file stands for its content. */
const hashOf = async (file: string) =>
  createHash('sha256')
    .update(statSync(file).size > 2 ** 30 ? file : readFileSync(file))
    .digest('hex')

function checkpoint({ width = 64, salt = 1, folder = mkdtempSync(path.join(root, 'model-')) } = {}): string {
  return writeSafetensors(path.join(folder, 'model.safetensors'), {
    'linear.weight': weightOf([width, width], 'F16', salt),
    'linear.bias': weightOf([width], 'F16', 2),
    'norm.weight': weightOf([width], 'F16', 3),
    'norm.bias': weightOf([width], 'F16', 4),
  })
}

/** A runtime over a cache folder, with what it warned of. */
async function openCached(cacheDir = path.join(mkdtempSync(path.join(root, 'cache-')), 'not', 'there', 'yet')) {
  const warnings: string[] = []
  const runtime = await createRuntime({ device: 'cpu', cacheDir, hashOf, warn: (line) => warnings.push(line) })
  const graphs = path.join(cacheDir, 'graphs')
  const entries = () => (existsSync(graphs) ? readdirSync(graphs).map((name) => path.join(graphs, name)) : [])
  return { runtime, warnings, entries, cacheDir, graphs }
}

/** When and in which place the files of an entry were written. */
const stamp = (entry: string) =>
  readdirSync(entry).map((name) => [
    name,
    statSync(path.join(entry, name)).mtimeMs,
    statSync(path.join(entry, name)).ino,
  ])

const plain = await createRuntime({ device: 'cpu' })
const file = checkpoint()
const expected = await resultOf(plain, smallGraph(file))

describe('the cache of graphs', () => {
  it('is filled by the first load and read by the second, to the same bits', async () => {
    const { runtime, warnings, entries } = await openCached()
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    const [entry] = entries()
    expect(readdirSync(entry!).sort()).toEqual(['graph.onnx', 'sizes.json', 'weights.bin'])
    const written = stamp(entry!)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(entries()).toEqual([entry])
    expect(stamp(entry!)).toEqual(written)
    expect(warnings).toEqual([])
  })

  it('is what a later load really uses: its weights, not those of the checkpoint', async () => {
    const { runtime, entries } = await openCached()
    await resultOf(runtime, smallGraph(file))
    const weights = path.join(entries()[0]!, 'weights.bin')
    writeFileSync(weights, Buffer.alloc(statSync(weights).size))
    expect(await resultOf(runtime, smallGraph(file))).not.toEqual(expected)
  })

  it('keeps an entry for each weight file, graph and way of loading', async () => {
    const { runtime, entries } = await openCached()
    const moved = checkpoint()
    await resultOf(runtime, smallGraph(file))
    await resultOf(runtime, smallGraph(moved)) // the same bytes elsewhere are the same entry
    expect(entries()).toHaveLength(1)
    const changed = await resultOf(runtime, smallGraph(checkpoint({ salt: 9, folder: path.dirname(moved) })))
    expect(changed).not.toEqual(expected)
    expect(entries()).toHaveLength(2)
    await resultOf(runtime, smallGraph(file, { epsilon: 1e-3 }))
    expect(entries()).toHaveLength(3)
    await (await runtime.load(smallGraph(file), { packWeights: false })).release()
    expect(entries()).toHaveLength(4)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
  })

  it('keeps graphs of both precisions apart, and gives the same from either entry again', async () => {
    const { runtime, warnings, entries, cacheDir } = await openCached()
    const half = await createRuntime({ device: 'cpu', cacheDir, hashOf, precisionOn: () => 'fp16' })
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    const first = await resultOf(half, smallGraph(file))
    expect(entries()).toHaveLength(2)
    expect(await resultOf(half, smallGraph(file))).toEqual(first)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(entries()).toHaveLength(2)
    expect(warnings).toEqual([])
  })

  it.each([
    ['a cut off weights.bin', (entry: string) => truncateSync(path.join(entry, 'weights.bin'), 100)],
    ['no weights.bin', (entry: string) => rmSync(path.join(entry, 'weights.bin'))],
    ['a cut off graph.onnx', (entry: string) => truncateSync(path.join(entry, 'graph.onnx'), 10)],
    ['a sizes.json that is not JSON', (entry: string) => writeFileSync(path.join(entry, 'sizes.json'), '{')],
    ['a sizes.json that is null', (entry: string) => writeFileSync(path.join(entry, 'sizes.json'), 'null')],
    ['a sizes.json without the graph', (entry: string) => writeFileSync(path.join(entry, 'sizes.json'), '{}')],
    ['no sizes.json', (entry: string) => rmSync(path.join(entry, 'sizes.json'))],
    [
      'nothing in it',
      (entry: string) => {
        rmSync(entry, { recursive: true })
        mkdirSync(entry)
      },
    ],
  ])('makes an entry again that has %s', async (_, damage) => {
    const { runtime, warnings, entries } = await openCached()
    await resultOf(runtime, smallGraph(file))
    const [entry] = entries()
    damage(entry!)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(entries()).toEqual([entry])
    const written = stamp(entry!)
    expect(written).toHaveLength(3)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(stamp(entry!)).toEqual(written)
    expect(warnings).toEqual([])
  })

  it('works without an entry whose graph is damaged within its size, says so, and makes it again', async () => {
    const { runtime, warnings, entries } = await openCached()
    await resultOf(runtime, smallGraph(file))
    const model = path.join(entries()[0]!, 'graph.onnx')
    writeFileSync(model, Buffer.alloc(statSync(model).size, 0xff))
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(warnings).toEqual([expect.stringMatching(/^the cache cannot be used for the graph small: /)])
    expect(entries()).toEqual([])
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(entries()).toHaveLength(1)
    expect(warnings).toHaveLength(1)
  })

  it('may be deleted under a running process', async () => {
    const { runtime, warnings, entries, cacheDir } = await openCached()
    await resultOf(runtime, smallGraph(file))
    const mapped = await runtime.load(smallGraph(file))
    rmSync(cacheDir, { recursive: true })
    const x = { dtype: 'float32', shape: [1, 64], data: new Float32Array(64).fill(1) } as const
    const { y } = await mapped.run({ x })
    const again = await plain.load(smallGraph(file))
    expect(y!.data).toEqual((await again.run({ x }))['y']!.data)
    await Promise.all([mapped.release(), again.release()])
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(entries()).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  it('is filled by two processes at once without harm', async () => {
    const { entries, cacheDir } = await openCached()
    const meeting = mkdtempSync(path.join(root, 'meeting-'))
    const children = ['a', 'b'].map((name) => startScript(child, [cacheDir, file, path.join(meeting, name)]))
    const lines = await Promise.all(children.map((one) => readLines(one, () => true)))
    for (const [line] of lines) expect(JSON.parse(line!)).toEqual({ result: expected, warnings: [] })
    expect(entries()).toHaveLength(1)
    expect(stamp(entries()[0]!)).toHaveLength(3)
  })

  it.each([
    ['a file', (dir: string) => writeFileSync(dir, 'x')],
    [
      'a folder with a file in its place',
      (dir: string) => {
        mkdirSync(dir)
        writeFileSync(path.join(dir, 'graphs'), 'x')
      },
    ],
  ])('that is %s is not used, which is said', async (_, spoil) => {
    const dir = path.join(mkdtempSync(path.join(root, 'spoilt-')), 'cache')
    spoil(dir)
    const { runtime, warnings } = await openCached(dir)
    expect(await resultOf(runtime, smallGraph(file))).toEqual(expected)
    expect(warnings).toEqual([
      expect.stringMatching(/^the cache cannot be used for the graph small: .*(EEXIST|ENOTDIR)/),
    ])
  })

  it('without room for an entry is not used, which is said', async () => {
    const { runtime, warnings, entries } = await openCached()
    const { bavail, bsize } = statfsSync(root)
    const graph = smallGraph(file)
    graph.weight(openSafetensors(sparse(bavail * bsize)).tensors.get('large')!) // no node uses it
    expect(await resultOf(runtime, graph)).toEqual(expected)
    expect(warnings).toEqual([expect.stringMatching(/^the cache cannot be used for the graph small: .*room/)])
    expect(entries()).toEqual([])
  })

  it('on a disk that fills up while an entry is written is not used, which is said, and leaves nothing', async () => {
    const { entries, cacheDir } = await openCached()
    const large = checkpoint({ width: 1024 })
    const reference = await resultOf(plain, smallGraph(large))
    const [line] = await readLines(startLimited(child, [cacheDir, large], 512), () => true)
    const { result, warnings } = JSON.parse(line!) as { result: number[]; warnings: string[] }
    expect(result).toEqual(reference)
    expect(warnings).toEqual([expect.stringMatching(/^the cache cannot be used for the graph small: /)])
    expect(entries()).toEqual([])
  })

  it('takes away drafts of a day ago, which a crash left, and no younger ones', async () => {
    const { runtime, entries, graphs } = await openCached()
    for (const name of ['draft-1-old', 'draft-2-young']) {
      mkdirSync(path.join(graphs, name), { recursive: true })
      writeFileSync(path.join(graphs, name, 'weights.bin'), 'x')
    }
    const longAgo = Date.now() / 1000 - 25 * 3600
    utimesSync(path.join(graphs, 'draft-1-old'), longAgo, longAgo)
    await resultOf(runtime, smallGraph(file))
    expect(
      entries()
        .filter((entry) => path.basename(entry).startsWith('draft-'))
        .map((e) => path.basename(e)),
    ).toEqual(['draft-2-young'])
  })

  it('is keyed by what the caller knows of the machine, too', async () => {
    const key = (facts: string[], variant = '') =>
      openGraphCache({ dir: root, hashOf, facts }).keyOf(smallGraph(file), variant)
    expect(await key(['cpu', '1.30'])).toBe(await key(['cpu', '1.30']))
    expect(
      new Set([await key(['cpu', '1.30']), await key(['cpu', '1.31']), await key(['cpu', '1.30'], 'x')]).size,
    ).toBe(3)
  })

  it('holds graphs without weights', async () => {
    const { runtime, warnings, entries } = await openCached()
    const g = new Graph('bare')
    g.output('y', g.input('x', 'float32', [1, 2]))
    const once = await resultOfBare()
    expect(await resultOfBare()).toEqual(once)
    expect(entries()).toHaveLength(1)
    expect(warnings).toEqual([])
    async function resultOfBare() {
      const session = await runtime.load(g)
      const { y } = await session.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } })
      await session.release()
      return [...(y!.data as Float32Array)]
    }
  })
})

/** A checkpoint of one tensor of about `sizeBytes`, which takes no room on the disk. */
function sparse(sizeBytes: number): string {
  const large = path.join(root, 'sparse.safetensors')
  const head = safetensorsBytes({ large: { dtype: 'U8', shape: [sizeBytes], data_offsets: [0, sizeBytes] } })
  writeFileSync(large, head)
  truncateSync(large, head.length + sizeBytes)
  return large
}
