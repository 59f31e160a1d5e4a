import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { readWeight } from '../../src/weights/safetensors.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'
import { folder, six, sixPickle } from './torch-samples.ts'
import { torchZip } from './write-torch.ts'

const make = (name: string, files: Readonly<Record<string, string | Uint8Array>>): string => {
  const place = path.join(folder, name)
  mkdirSync(place)
  for (const [file, bytes] of Object.entries(files)) writeFileSync(path.join(place, file), bytes)
  return place
}
const index = (shards: Readonly<Record<string, string>>) => JSON.stringify({ weight_map: shards })
const torch = torchZip(sixPickle, { 0: six })

function refusal(place: string): AppError {
  try {
    openWeightFolder(place, 'model')
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

describe('a folder with what torch wrote', () => {
  it.each([
    ['one file', { 'pytorch_model.bin': torch }],
    [
      'shards',
      {
        'pytorch_model-00001-of-00001.bin': torch,
        'pytorch_model.bin.index.json': index({ w: 'pytorch_model-00001-of-00001.bin' }),
      },
    ],
  ])('%s is read without running it', (name, files) => {
    const w = openWeightFolder(make(name, files), 'model').get('w')!
    expect([...readWeight(w).data]).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('a folder that is not whole', () => {
  it.each([
    ['no weights', {}, 'weights/missing', 'pytorch_model.bin'],
    ['a missing shard', { 'pytorch_model.bin.index.json': index({ w: 'a.bin' }) }, 'weights/missing', 'a.bin'],
    ['a truncated shard', { 'pytorch_model.bin': torch.subarray(0, 100) }, 'weights/corrupt', 'pytorch_model.bin'],
    [
      'a shard without its tensor',
      { 'a.bin': torch, 'pytorch_model.bin.index.json': index({ v: 'a.bin' }) },
      'weights/corrupt',
      'tensor v',
    ],
    ['a shard elsewhere', { 'pytorch_model.bin.index.json': index({ w: '../a.bin' }) }, 'weights/corrupt', '../a.bin'],
  ] as const)('%s', (name, files, code, named) => {
    const error = refusal(make(name, files))
    expect(error.code).toBe(code)
    expect(error.message).toContain(named)
    expect(error.hint).toMatch(/\.$/)
  })
})
