import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openSafetensors, readWeight } from '../../src/weights/safetensors.ts'
import { openWeightFolder, renameWeights, Weights, type WeightStem } from '../../src/weights/weights.ts'
import { temporaryFolder, weightOf, writeSafetensors } from './write-safetensors.ts'

const root = temporaryFolder()
const newFolder = () => mkdtempSync(path.join(root, 'checkpoint-'))

/** A checkpoint in two shards with its index. */
function shardedFolder(stem: WeightStem, index: string, change: Record<string, unknown> = {}): string {
  const folder = newFolder()
  const names = [1, 2].map((i) => `${stem}-0000${i}-of-00002.safetensors`)
  writeSafetensors(path.join(folder, names[0]!), { 'a.weight': weightOf([2], 'F32', 1) })
  writeSafetensors(path.join(folder, names[1]!), { 'b.weight': weightOf([3], 'F32', 2) })
  const places = { 'a.weight': names[0], 'b.weight': names[1], ...change }
  writeFileSync(path.join(folder, index), JSON.stringify({ metadata: {}, weight_map: places }))
  return folder
}

describe('a checkpoint folder', () => {
  it.each([
    ['model', 'model.safetensors'],
    ['diffusion_pytorch_model', 'diffusion_pytorch_model.safetensors'],
    ['model', 'model.fp16.safetensors'],
    ['diffusion_pytorch_model', 'diffusion_pytorch_model.fp16.safetensors'],
  ] as const)('opens for the stem %s the file %s', (stem, name) => {
    const folder = newFolder()
    const file = writeSafetensors(path.join(folder, name), { w: weightOf([2]) })
    expect(openWeightFolder(folder, stem).get('w')?.file).toBe(file)
  })

  it('prefers the file without a variant', () => {
    const folder = newFolder()
    for (const name of ['model.safetensors', 'model.fp16.safetensors'])
      writeSafetensors(path.join(folder, name), { w: weightOf([2]) })
    expect(path.basename(openWeightFolder(folder, 'model').get('w')!.file)).toBe('model.safetensors')
  })

  it.each([
    ['model', 'model.safetensors.index.json'],
    ['model', 'model.safetensors.index.fp16.json'],
    ['diffusion_pytorch_model', 'diffusion_pytorch_model.fp16.safetensors.index.json'],
  ] as const)('opens for the stem %s the shards of %s', (stem, index) => {
    const map = openWeightFolder(shardedFolder(stem, index), stem)
    expect([...map.keys()]).toEqual(['a.weight', 'b.weight'])
    expect(map.get('b.weight')?.file).toContain('00002-of-00002')
    expect([...readWeight(map.get('b.weight')!).data]).toEqual(weightOf([3], 'F32', 2).values)
  })

  it('without weights is missing, and says what was looked for', () => {
    const folder = newFolder()
    expect(() => openWeightFolder(folder, 'model')).toThrow(
      expect.objectContaining({
        code: 'weights/missing',
        message: expect.stringMatching(/model\.safetensors, model\.fp16\.safetensors/) as string,
      }),
    )
    expect(() => openWeightFolder(path.join(folder, 'nowhere'), 'model')).toThrow(/nowhere: there is no weight file/)
  })

  const index = 'model.safetensors.index.json'
  it.each([
    ['beside the folder', '../stolen.safetensors'],
    ['anywhere', '/etc/stolen.safetensors'],
    ['in a folder below', 'below/shard.safetensors'],
    ['in a file of another kind', 'pytorch_model.bin'],
    ['in no file', 7],
  ])('whose index places a tensor %s is refused', (_, place) => {
    const folder = shardedFolder('model', index, { 'c.weight': place })
    writeSafetensors(path.join(root, 'stolen.safetensors'), { 'c.weight': weightOf([1]) })
    expect(() => openWeightFolder(folder, 'model')).toThrow(
      expect.objectContaining({
        code: 'weights/corrupt',
        message: `${path.join(folder, index)}: tensor c.weight is said to lie in ${JSON.stringify(place)}, which is no file name of a shard`,
      }),
    )
  })

  it('whose shard is missing names the shard', () => {
    const folder = shardedFolder('model', index)
    renameSync(path.join(folder, 'model-00002-of-00002.safetensors'), path.join(folder, 'elsewhere'))
    expect(() => openWeightFolder(folder, 'model')).toThrow(
      expect.objectContaining({
        code: 'weights/missing',
        message: expect.stringContaining('model-00002-of-00002.safetensors') as string,
      }),
    )
  })

  it('whose shard lacks a tensor names both', () => {
    const folder = shardedFolder('model', index, { 'c.weight': 'model-00001-of-00002.safetensors' })
    expect(() => openWeightFolder(folder, 'model')).toThrow(
      expect.objectContaining({
        code: 'weights/corrupt',
        message: expect.stringMatching(/00001-of-00002\.safetensors: tensor c\.weight/) as string,
      }),
    )
  })

  it.each([
    ['not JSON', '{', /not JSON/],
    ['null', 'null', /no weight_map/],
    ['without a map', '{}', /no weight_map/],
    ['with a map that is text', '{"weight_map":"a"}', /no weight_map/],
    ['with a map that is a list', '{"weight_map":["model-00001-of-00002.safetensors"]}', /no weight_map/],
  ])('whose index is %s is damaged', (_, text, message) => {
    const folder = shardedFolder('model', index)
    writeFileSync(path.join(folder, index), text)
    expect(() => openWeightFolder(folder, 'model')).toThrow(
      expect.objectContaining({ code: 'weights/corrupt', message: expect.stringMatching(message) as string }),
    )
  })

  it('whose weight file is a folder is missing it', () => {
    const folder = newFolder()
    mkdirSync(path.join(folder, 'model.safetensors'))
    expect(() => openWeightFolder(folder, 'model')).toThrow(expect.objectContaining({ code: 'weights/missing' }))
  })
})

describe('a view of weights', () => {
  const file = writeSafetensors(path.join(root, 'view.safetensors'), {
    'blocks.0.norm.weight': weightOf([4]),
    'blocks.0.norm.bias': weightOf([4]),
    'blocks.10.norm.weight': weightOf([4]),
    'out.weight': weightOf([2, 4]),
  })
  const weights = new Weights(openSafetensors(file).tensors)

  it('goes down module by module', () => {
    const norm = weights.at('blocks.0').at('norm')
    expect(norm.prefix).toBe('blocks.0.norm.')
    expect(norm.entry('weight').name).toBe('blocks.0.norm.weight')
    expect(norm.names()).toEqual(['weight', 'bias'])
    expect(weights.names()).toHaveLength(4)
    expect(weights.at('nowhere').names()).toEqual([])
  })

  it.each([
    ['a tensor', 'out.weight', true],
    ['a module', 'blocks', true],
    ['a deeper module', 'blocks.0.norm', true],
    ['the beginning of a name', 'blocks.1', false],
    ['the beginning of a tensor', 'out.wei', false],
    ['what is not there', 'in.weight', false],
  ])('knows whether it has %s', (_, name, has) => expect(weights.has(name)).toBe(has))

  it('names the file and the full path of a tensor that is not there', () => {
    expect(() => weights.at('blocks.0.norm').entry('scale')).toThrow(
      expect.objectContaining({
        code: 'weights/missing',
        message: `${file}: there is no tensor blocks.0.norm.scale`,
        details: { tensor: 'blocks.0.norm.scale' },
      }),
    )
    expect(() => new Weights(new Map()).entry('w')).toThrow(/the checkpoint: there is no tensor w/)
  })

  it('checks shapes, and names file, tensor and both shapes', () => {
    expect(weights.at('out').shaped('weight', [2, 4]).name).toBe('out.weight')
    for (const shape of [[4, 2], [8], [2, 4, 1], []])
      expect(() => weights.at('out').shaped('weight', shape)).toThrow(
        expect.objectContaining({
          code: 'weights/shape-mismatch',
          message: `${file}: tensor out.weight is [2, 4], the config asks for [${shape.join(', ')}]`,
        }),
      )
  })

  it('names the keys of the config beside it that hold a size which the tensor has not', () => {
    const config = { hidden_size: 8, vision: { sizes: [3, 8] }, layers: 2 }
    writeFileSync(path.join(path.dirname(file), 'config.json'), JSON.stringify(config))
    const message = /asks for \[2, 8\] \(8 stands in its config\.json as hidden_size and vision\.sizes\)$/
    expect(() => weights.at('out').shaped('weight', [2, 8])).toThrow(message)
    expect(() => weights.at('out').shaped('weight', [2, 5])).toThrow(/asks for \[2, 5\]$/)
    rmSync(path.join(path.dirname(file), 'config.json'))
  })

  it('is renamed by the first rule that matches, and still knows where its tensors lie', () => {
    const renamed = renameWeights(openSafetensors(file).tensors, [
      [/^blocks\.(\d+)\.norm\./, 'layers.$1.norm1.'],
      [/^blocks\./, 'never.'],
    ])
    expect([...renamed.keys()]).toEqual([
      'layers.0.norm1.weight',
      'layers.0.norm1.bias',
      'layers.10.norm1.weight',
      'out.weight',
    ])
    expect(renamed.get('layers.0.norm1.bias')?.name).toBe('blocks.0.norm.bias')
  })
})
