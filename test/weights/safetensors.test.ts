import { mkdirSync, openSync, closeSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { openSafetensors, readWeight, readWeightBytes } from '../../src/weights/safetensors.ts'
import { safetensorsBytes, temporaryFolder, writeSafetensors } from './write-safetensors.ts'

const folder = temporaryFolder()
const eight = new Uint8Array(8)

const lengthOnly = (length: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(length)
  return bytes
}

/** A header of one tensor `w`, by default a sound one of 8 bytes. */
const one = (change: Record<string, unknown> = {}) => ({
  w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change },
})

const pair = (a: [number, number], b: [number, number]) => ({
  a: { dtype: 'U8', shape: [a[1] - a[0]], data_offsets: a },
  b: { dtype: 'U8', shape: [b[1] - b[0]], data_offsets: b },
})

const hostile: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  ['no bytes', new Uint8Array(0), /0 bytes are too few/],
  ['7 bytes', new Uint8Array(7), /7 bytes are too few/],
  ['a header longer than the file', lengthOnly(100n), /header of 100 bytes does not fit/],
  ['a header over the limit', lengthOnly(100_000_001n), /over the limit/],
  ['a header length of 2^64 - 1', lengthOnly(2n ** 64n - 1n), /header of 18446744073709551615 bytes is over/],
  ['an empty header', safetensorsBytes(''), /header is not JSON$/],
  ['a header that is not JSON', safetensorsBytes('{"w": '), /header is not JSON$/],
  ['a header that is not UTF-8', safetensorsBytesOf(Buffer.from([0x22, 0xff, 0x22])), /header is not JSON$/],
  ['a JSON array', safetensorsBytes([]), /not a JSON object/],
  ['JSON null', safetensorsBytes(null), /not a JSON object/],
  ['a tensor that is null', safetensorsBytes({ w: null }), /tensor w has the unknown dtype/],
  ['a tensor that is a number', safetensorsBytes({ w: 3 }), /tensor w has the unknown dtype/],
  ['an unknown dtype', safetensorsBytes(one({ dtype: 'F8_E4M3' }), eight), /tensor w has the unknown dtype "F8_E4M3"/],
  ['a dtype of every object', safetensorsBytes(one({ dtype: 'toString' }), eight), /tensor w has the unknown dtype/],
  ['no shape', safetensorsBytes({ w: { dtype: 'F32', data_offsets: [0, 8] } }, eight), /tensor w has no valid shape/],
  ['a negative size', safetensorsBytes(one({ shape: [-2] }), eight), /tensor w has no valid shape/],
  ['two negative sizes', safetensorsBytes(one({ shape: [-2, -1] }), eight), /tensor w has no valid shape/],
  ['a size beyond exact integers', safetensorsBytes(one({ shape: [2 ** 53] }), eight), /tensor w has no valid shape/],
  ['a size and a half', safetensorsBytes(one({ shape: [1.5] }), eight), /tensor w has no valid shape/],
  ['a size as text', safetensorsBytes(one({ shape: ['2'] }), eight), /tensor w has no valid shape/],
  ['17 dimensions', safetensorsBytes(one({ shape: new Array(17).fill(1) }), eight), /tensor w has no valid shape/],
  ['a product beyond exact integers', safetensorsBytes(one({ shape: [2 ** 40, 2 ** 40] }), eight), /tensor w .* needs/],
  [
    'a product that wraps in 64 bits',
    safetensorsBytes(one({ shape: [2 ** 32, 2 ** 32, 2] }), eight),
    /tensor w .* needs/,
  ],
  ['a range that is too short', safetensorsBytes(one({ shape: [3] }), eight), /tensor w \[3\] F32 needs 12 bytes/],
  ['a range that is too long', safetensorsBytes(one({ shape: [1] }), eight), /tensor w \[1\] F32 needs 4 bytes/],
  ['a range backwards', safetensorsBytes(one({ data_offsets: [8, 0] }), eight), /tensor w .* its range has -8/],
  ['a negative offset', safetensorsBytes(one({ data_offsets: [-8, 0] }), eight), /tensor w has no valid data_offsets/],
  ['three offsets', safetensorsBytes(one({ data_offsets: [0, 8, 8] }), eight), /tensor w has no valid data_offsets/],
  ['data that is cut off', safetensorsBytes(one(), new Uint8Array(7)), /tensor w ends at byte \d+, the file has/],
  ['data beyond the file', safetensorsBytes(one({ data_offsets: [8, 16] }), eight), /tensor w ends at byte/],
  ['an overlap', safetensorsBytes(pair([0, 6], [4, 8]), eight), /tensor b overlaps a/],
  ['the same bytes twice', safetensorsBytes(pair([0, 8], [0, 8]), eight), /tensor b overlaps a/],
  ['a hole', safetensorsBytes(pair([0, 2], [4, 8]), eight), /2 unused bytes lie before tensor b/],
  ['a hole before the first', safetensorsBytes(pair([2, 4], [4, 8]), eight), /2 unused bytes lie before tensor a/],
  ['bytes after the end', safetensorsBytes(one(), new Uint8Array(9)), /1 unused bytes lie after the last tensor/],
  ['bytes and no tensor', safetensorsBytes({}, eight), /8 unused bytes lie after the last tensor/],
  [
    'a name twice, which hides bytes',
    safetensorsBytes(
      '{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      eight,
    ),
    /4 unused bytes lie before tensor w/,
  ],
  ['metadata of numbers', safetensorsBytes({ __metadata__: { a: 1 } }), /__metadata__ is not a map of strings/],
  ['metadata as an array', safetensorsBytes({ __metadata__: ['a'] }), /__metadata__ is not a map of strings/],
]

/** The same for a header of any bytes. */
function safetensorsBytesOf(header: Uint8Array): Uint8Array {
  return Buffer.concat([lengthOnly(BigInt(header.length)), header])
}

function problemOf(act: () => unknown): AppError {
  try {
    act()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a safetensors file', () => {
  it.each(hostile)('with %s is refused, by name', (what, bytes, message) => {
    const file = path.join(folder, `${what.replaceAll(/\W/g, '-')}.safetensors`)
    writeFileSync(file, bytes)
    const problem = problemOf(() => openSafetensors(file))
    expect(problem.code).toBe('weights/corrupt')
    expect(problem.message).toMatch(message)
    expect(problem.message.startsWith(`${file}: `)).toBe(true)
    expect(problem.details).toMatchObject({ file })
    expect(problem.hint).toMatch(/download it again/)
  })

  it.each([
    ['does not exist', () => path.join(folder, 'nowhere.safetensors')],
    [
      'is a folder',
      () => {
        const file = path.join(folder, 'folder.safetensors')
        mkdirSync(file)
        return file
      },
    ],
  ])('that %s is missing', (_, make) => {
    const file = make()
    const problem = problemOf(() => openSafetensors(file))
    expect(problem.code).toBe('weights/missing')
    expect(problem.message).toContain(file)
    expect(problem.hint).toMatch(/model folder/)
  })

  it('may hold no tensors, tensors of no bytes, scalars and any names', () => {
    const file = writeSafetensors(
      path.join(folder, 'odd.safetensors'),
      {
        empty: { dtype: 'F32', shape: [0, 4], values: [] },
        scalar: { dtype: 'F32', shape: [], values: [3] },
        'a name': { dtype: 'U8', shape: [1], values: [7] },
        'änderung 🦊': { dtype: 'U8', shape: [1], values: [8] },
      },
      { metadata: { format: 'pt' } },
    )
    const opened = openSafetensors(file)
    expect([...opened.tensors.keys()].sort()).toEqual(['a name', 'empty', 'scalar', 'änderung 🦊'])
    expect(readWeight(opened.tensors.get('scalar')!)).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(3) })
    expect(readWeight(opened.tensors.get('empty')!).data).toHaveLength(0)
    expect(readWeight(opened.tensors.get('änderung 🦊')!).data).toEqual(Uint8Array.of(8))
    expect(opened.metadata).toEqual({ format: 'pt' })
    writeFileSync(file, safetensorsBytes({}))
    expect(openSafetensors(file).tensors.size).toBe(0)
  })

  it('says of each tensor the file, the range, the shape and the dtype', () => {
    const file = writeSafetensors(path.join(folder, 'ranges.safetensors'), {
      a: { dtype: 'F16', shape: [1, 3], values: [1, 2, 3] },
      b: { dtype: 'I64', shape: [2], values: [4, 5] },
    })
    const { tensors, sizeBytes } = openSafetensors(path.relative(process.cwd(), file))
    const end = statSync(file).size
    expect(sizeBytes).toBe(end)
    expect(tensors.get('a')).toEqual({ name: 'a', dtype: 'F16', shape: [1, 3], file, offset: end - 22, length: 6 })
    expect(tensors.get('b')).toEqual({ name: 'b', dtype: 'I64', shape: [2], file, offset: end - 16, length: 16 })
  })

  it('of 3 GB opens at once, since data stays where it is, and is read beyond 2 GiB', () => {
    const file = path.join(folder, 'large.safetensors')
    const last = 3_000_000_000
    const header = {
      large: { dtype: 'U8', shape: [last], data_offsets: [0, last] },
      small: { dtype: 'U8', shape: [2], data_offsets: [last, last + 2] },
    }
    const head = safetensorsBytes(header)
    writeFileSync(file, head)
    truncateSync(file, head.length + last + 2) // a sparse file
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Uint8Array.of(5, 6), 0, 2, head.length + last)
    closeSync(descriptor)
    const memory = process.memoryUsage.rss()
    const begin = performance.now()
    const { tensors } = openSafetensors(file)
    expect(performance.now() - begin).toBeLessThan(1000)
    expect(process.memoryUsage.rss() - memory).toBeLessThan(200_000_000)
    expect([...readWeightBytes(tensors.get('small')!)]).toEqual([5, 6])
  })

  it('that was cut off after it was opened is named when a tensor is read', () => {
    const file = writeSafetensors(path.join(folder, 'shrunk.safetensors'), {
      w: { dtype: 'F32', shape: [2], values: [1, 2] },
    })
    const entry = openSafetensors(file).tensors.get('w')!
    truncateSync(file, entry.offset + 4)
    const problem = problemOf(() => readWeight(entry))
    expect(problem).toMatchObject({ code: 'weights/corrupt', message: `${file}: the file ends inside tensor w` })
  })
})

describe('a tensor', () => {
  const halves = [0, -0, 1, -2.5, 65504, 2 ** -24, -(2 ** -14), Infinity, 1 + 1 / 1024]
  it.each([
    ['F64', [0, -1.5, 3e38], 'float32', Float32Array.of(0, -1.5, 3e38)],
    ['F32', [0, -1.5, 3.25], 'float32', Float32Array.of(0, -1.5, 3.25)],
    ['F16', halves, 'float32', Float32Array.from(halves)],
    ['BF16', [0, -0, 1, -2.5, 2 ** 127, 2 ** -126], 'float32', Float32Array.of(0, -0, 1, -2.5, 2 ** 127, 2 ** -126)],
    ['I64', [0, -1, 2 ** 40], 'int64', BigInt64Array.of(0n, -1n, 2n ** 40n)],
    ['I32', [0, -1, 2 ** 30], 'int32', Int32Array.of(0, -1, 2 ** 30)],
    ['I16', [0, -1, 32767], 'int32', Int32Array.of(0, -1, 32767)],
    ['I8', [0, -1, 127], 'int32', Int32Array.of(0, -1, 127)],
    ['U8', [0, 1, 255], 'uint8', Uint8Array.of(0, 1, 255)],
    ['BOOL', [0, 1, 1], 'bool', Uint8Array.of(0, 1, 1)],
  ] as const)('of dtype %s is read to the bit, at an odd place in its file', (dtype, values, type, data) => {
    const file = writeSafetensors(path.join(folder, `${dtype}.safetensors`), {
      odd: { dtype: 'U8', shape: [1], values: [1] },
      w: { dtype, shape: [values.length, 1], values },
    })
    const read = readWeight(openSafetensors(file).tensors.get('w')!)
    expect(read).toEqual({ dtype: type, shape: [values.length, 1], data })
  })

  it('of fp16 keeps NaN a NaN', () => {
    const file = path.join(folder, 'nan.safetensors')
    const header = { w: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }
    writeFileSync(file, safetensorsBytes(header, Uint8Array.of(0x01, 0x7e)))
    expect(readWeight(openSafetensors(file).tensors.get('w')!).data[0]).toBeNaN()
  })
})
