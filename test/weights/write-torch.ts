import { crc32 } from 'node:zlib'
import { dtypeBytes, type WeightType } from '../../src/weights/safetensors.ts'

/** A tensor to be written; `stride` and `offset` (elements) default to row by row from the storage's beginning. */
export interface TorchTensorToWrite {
  readonly storage: string
  readonly dtype: WeightType
  readonly shape: readonly number[]
  readonly stride?: readonly number[]
  readonly offset?: number
  /** Elements of the storage, as they are said to be. */
  readonly count: number
  /** What a legacy file says of a view: [key, offset, elements]. */
  readonly view?: readonly [string, number, number]
}

export const rawOp = (...codes: number[]): Buffer => Buffer.from(codes)
const line = (text: string): Buffer => Buffer.from(`${text}\n`)
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export const op = {
  protocol: rawOp(0x80, 2),
  stop: rawOp(0x2e),
  mark: rawOp(0x28),
  dict: rawOp(0x7d),
  list: rawOp(0x5d),
  emptyTuple: rawOp(0x29),
  tuple: rawOp(0x74),
  tuple1: rawOp(0x85),
  setItem: rawOp(0x73),
  setItems: rawOp(0x75),
  appends: rawOp(0x65),
  reduce: rawOp(0x52),
  build: rawOp(0x62),
  persistent: rawOp(0x51),
  none: rawOp(0x4e),
  false: rawOp(0x89),
  text: (text: string) => Buffer.concat([rawOp(0x58), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(value))
    return Buffer.concat([rawOp(0x8a, 8), bytes])
  },
  global: (module: string, name: string) => Buffer.concat([rawOp(0x63), line(module), line(name)]),
  instance: (module: string, name: string) => Buffer.concat([rawOp(0x28, 0x69), line(module), line(name)]),
  put: (index: number) => rawOp(0x71, index),
  get: (index: number) => rawOp(0x68, index),
}

/** A whole pickle of protocol 2. */
export const pickle = (...ops: Uint8Array[]): Buffer => Buffer.concat([op.protocol, ...ops, op.stop])

const storageNames: Readonly<Record<WeightType, string>> = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
}

const ints = (values: readonly number[]): Buffer => Buffer.concat([op.mark, ...values.map(op.int), op.tuple])

export const rowMajor = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))

/** The operations that build a tensor as torch.save writes them. */
export function tensorOps({ storage, dtype, shape, stride, offset = 0, count, view }: TorchTensorToWrite): Buffer {
  const told: Buffer[] = [
    op.text('storage'),
    op.global('torch', storageNames[dtype]),
    op.text(storage),
    op.text('cpu'),
    op.int(count),
  ]
  if (view) told.push(op.mark, op.text(view[0]), op.int(view[1]), op.int(view[2]), op.tuple)
  const hooks = [op.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce]
  return Buffer.concat([
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.mark,
    ...[op.mark, ...told, op.tuple, op.persistent, op.int(offset), ints(shape), ints(stride ?? rowMajor(shape))],
    ...[op.false, ...hooks, op.tuple, op.reduce],
  ])
}

/** A dict of texts to what the given operations build. */
export const dictOps = (items: Readonly<Record<string, Uint8Array>>): Buffer =>
  Buffer.concat([
    op.dict,
    op.mark,
    ...Object.entries(items).flatMap(([key, value]) => [op.text(key), value]),
    op.setItems,
  ])

export interface ZipMemberToWrite {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the headers say instead of what is so. */
  readonly method?: number
  readonly flags?: number
  readonly localName?: string
  readonly localOffset?: number
  readonly size?: number
}

/** A zip of stored members, in the given order, as torch.save lays it out (without padding). */
export function zip(members: readonly ZipMemberToWrite[], { zip64 = false, comment = '' } = {}): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let at = 0
  for (const member of members) {
    const { name, bytes, method = 0, flags = 0x800, size = bytes.length } = member
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(size, 14)
    common.writeUInt32LE(size, 18)
    const localName = Buffer.from(member.localName ?? name)
    common.writeUInt16LE(localName.length, 22)
    const local = Buffer.concat([uint32(0x04034b50), common, localName, bytes])
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(member.localOffset ?? at, 10)
    centrals.push(Buffer.concat([uint32(0x02014b50), rawOp(20, 0), common, tail, Buffer.from(name)]))
    locals.push(local)
    at += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16)
  end.writeUInt16LE(comment.length, 20)
  const end64 = zip64 ? zip64End(at, directory.length, members.length) : Buffer.alloc(0)
  return Buffer.concat([...locals, directory, end64, end, Buffer.from(comment)])
}

function zip64End(offset: number, length: number, count: number): Buffer {
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(BigInt(count), 24)
  record.writeBigUInt64LE(BigInt(count), 32)
  record.writeBigUInt64LE(BigInt(length), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + length), 8)
  return Buffer.concat([record, locator])
}

/** A checkpoint of the given pickle and storages. */
export const torchZip = (
  data: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  more: readonly ZipMemberToWrite[] = [],
): Buffer =>
  zip([
    { name: 'model/data.pkl', bytes: data },
    { name: 'model/byteorder', bytes: Buffer.from('little') },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `model/data/${key}`, bytes })),
    ...more,
  ])

const magic = Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e])

export interface LegacyOptions {
  readonly littleEndian?: boolean
  readonly protocol?: number
  readonly keys?: readonly string[]
}

/** The same in the layout of before torch 1.6. */
export function torchLegacy(
  data: Uint8Array,
  storages: Readonly<Record<string, { dtype: WeightType; bytes: Uint8Array }>> = {},
  { littleEndian = true, protocol = 1001, keys = Object.keys(storages) }: LegacyOptions = {},
): Buffer {
  const system = pickle(dictOps({ little_endian: littleEndian ? rawOp(0x88) : rawOp(0x89) }))
  const list = pickle(op.list, op.mark, ...keys.map(op.text), op.appends)
  const stored = keys.flatMap((key) => {
    const { dtype = 'U8', bytes = new Uint8Array(0) } = storages[key] ?? {}
    const count = Buffer.alloc(8)
    count.writeBigUInt64LE(BigInt(bytes.length / dtypeBytes[dtype]))
    return [count, bytes]
  })
  return Buffer.concat([magic, pickle(op.int(protocol)), system, data, list, ...stored])
}
