import { createHash } from 'node:crypto'
import { readFileSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeQuantised, type BlockFormats, type QuantiseOptions } from '../../src/weights/quantised-file.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import { temporaryFolder, weightOf, writeSafetensors } from './write-safetensors.ts'

const folder = temporaryFolder()
const source = (name: string) =>
  writeSafetensors(path.join(folder, `${name}.safetensors`), {
    a: weightOf([300, 8192], 'F16', 1), // more than one piece
    b: weightOf([64, 200], 'BF16', 2),
    c: weightOf([64, 128], 'F32', 3),
  })
const formats: BlockFormats = new Map([
  ['a', { bits: 4, blockSize: 64 }],
  ['b', { bits: 8, blockSize: 64 }],
  ['c', { bits: 4, blockSize: 32 }],
] as const)

let files = 0
async function write(from: string, options: QuantiseOptions): Promise<string> {
  const file = path.join(folder, `quantised-${files++}.safetensors`)
  await writeQuantised(file, openSafetensors(from).tensors, formats, options)
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

describe('a file of quantised matrices', () => {
  const file = source('whole')

  it('has the same bytes whatever the number of threads', async () => {
    const shares: number[] = []
    const one = await write(file, { threads: 1 })
    expect(await write(file, { threads: 3, progress: (share) => shares.push(share) })).toBe(one)
    expect(shares.at(-1)).toBe(1)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  })

  it.each([1, 2])('ends with the error of the files, with %i threads', async (threads) => {
    const short = source(`short-${threads}`)
    const { tensors } = openSafetensors(short)
    truncateSync(short, 5000)
    const target = path.join(folder, `never-${threads}.safetensors`)
    await expect(writeQuantised(target, tensors, formats, { threads })).rejects.toThrow('became shorter')
    const gone = new Map([['a', { ...tensors.get('a')!, file: path.join(folder, 'gone') }]])
    const format: BlockFormats = new Map([['a', formats.get('a')!]])
    const refused = writeQuantised(`${target}-2`, gone, format, { threads })
    await expect(refused).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([1, 2])('is given up when that is asked for, with %i threads', async (threads) => {
    const stop = new AbortController()
    const written = write(file, { threads, signal: stop.signal, progress: () => stop.abort(new Error('enough')) })
    await expect(written).rejects.toThrow('enough')
  })
})
