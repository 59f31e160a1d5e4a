import path from 'node:path'
import { AppError } from '../contract/errors.ts'
import { sizeOf } from '../tensor/tensor.ts'
import { corruptCheckpoint, withFileBytes, type FileBytes } from './file-bytes.ts'
import { readPickle } from './pickle.ts'
import { PickleError, type PickleHost, type PickleValue } from './pickle-values.ts'
import { dtypeBytes, type WeightEntry } from './safetensors.ts'
import { isTensor, torchHost, type TorchStorage, type TorchTensor } from './torch-values.ts'
import type { WeightMap } from './weights.ts'
import { readZipMembers } from './zip-archive.ts'

export interface TorchCheckpoint {
  readonly file: string
  readonly sizeBytes: number
  /** Every tensor in dicts within dicts, by its keys joined with dots: `params_ema.conv.weight`. */
  readonly tensors: WeightMap
}

/** Where the bytes of a storage lie in the file. */
type Placement = (storage: TorchStorage) => { readonly offset: number; readonly length: number }

const maxPickleBytes = 64 << 20
const maxDepth = 32
const maxTensors = 1_000_000
/** torch.serialization's magic number and protocol of files from before zip. */
const legacyMagic = 0x1950a86a20f9469cfc6cn
const legacyProtocol = 1001

/**
 * Reads what a file of torch.save (zip, or the plain pickles of before torch 1.6) says of its tensors without running
 * any of it: only tensors, dicts, lists, tuples, numbers, text and bytes are known. Tensor data is not touched.
 * Throws AppError `weights/missing`, `weights/corrupt` for what does not hold together, and `model/unsupported` naming
 * the Python class or function that a file asks for beyond these, or a tensor that is not laid out row by row.
 */
export function openTorchCheckpoint(relative: string): TorchCheckpoint {
  const file = path.resolve(relative) // graphs locate weights from the root folder
  return withFileBytes(file, (bytes) => {
    const zipped = bytes.sizeBytes >= 4 && bytes.read(0, 4).toString('latin1') === 'PK\x03\x04'
    const { value, place } = zipped ? readZipped(bytes) : readLegacy(bytes)
    return { file, sizeBytes: bytes.sizeBytes, tensors: collectTensors(file, value, place) }
  })
}

/**
 * The tensors of one dict of a checkpoint, under the names that they have in it (`params_ema`, `state_dict`).
 * Throws AppError `weights/missing` with the names of the dicts that there are.
 */
export function dictOf({ file, tensors }: TorchCheckpoint, dict: string): WeightMap {
  const prefix = `${dict}.`
  const found = [...tensors].filter(([name]) => name.startsWith(prefix))
  if (found.length > 0) return new Map(found.map(([name, entry]) => [name.slice(prefix.length), entry]))
  const first = new Set([...tensors.keys()].map((name) => name.split('.', 1)[0]!))
  throw new AppError('weights/missing', {
    message: `${file}: there are no tensors under ${dict} (but under ${[...first].slice(0, 8).join(', ') || 'nothing'})`,
    hint: 'The file belongs to another kind of model; run "llmga models verify".',
    details: { file, dict },
  })
}

interface Unpickled {
  readonly value: PickleValue
  readonly place: Placement
}

/** A zip of stored members `<name>/data.pkl`, `<name>/data/<key>` and, since torch 2.1, `<name>/byteorder`. */
function readZipped(bytes: FileBytes): Unpickled {
  const { file } = bytes
  const members = readZipMembers(bytes)
  const pickles = [...members.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name))
  const [pickle] = pickles
  if (!pickle || pickles.length > 1)
    throw corruptCheckpoint(file, `it holds ${pickles.length} members data.pkl, not one`)
  const root = pickle.name.slice(0, -'data.pkl'.length)
  if (members.has(`${root}constants.pkl`)) throw unsupported(file, 'it is a TorchScript program, not a checkpoint')
  const order = members.get(`${root}byteorder`)
  if (order && bytes.read(order.offset, Math.min(order.length, 16)).toString('latin1') !== 'little')
    throw bigEndian(file)
  const { value } = unpickle(bytes, readPickleBytes(bytes, pickle.offset, pickle.length), torchHost(file))
  return {
    value,
    place(storage) {
      const member = members.get(`${root}data/${storage.key}`)
      if (!member) throw corruptCheckpoint(file, `storage ${storage.key} is not in it`)
      return member
    },
  }
}

/** Pickles one after the other (magic, protocol, system, value, keys), then each storage: its element count, its data. */
function readLegacy(bytes: FileBytes): Unpickled {
  const { file } = bytes
  const buffer = bytes.read(0, Math.min(bytes.sizeBytes, maxPickleBytes))
  const noCheckpoint = () => corruptCheckpoint(file, 'it is no file of torch.save')
  if (buffer[0] !== 0x80) throw noCheckpoint()
  const plain: PickleHost = {
    ...torchHost(file),
    persistent: () => {
      throw noCheckpoint()
    },
  }
  let at = 0
  const next = (host: PickleHost = plain): PickleValue => {
    const { value, end } = unpickle(bytes, buffer, host, at)
    at = end
    return value
  }
  if (next() !== legacyMagic) throw noCheckpoint()
  if (next() !== legacyProtocol) throw unsupported(file, 'it is of an unknown torch.save protocol')
  const system = next()
  if (!(system instanceof Map) || system.get('little_endian') !== true) throw bigEndian(file)
  const dtypes = new Map<string, TorchStorage>()
  const host = torchHost(file)
  const value = next({
    ...host,
    persistent(id) {
      const storage = host.persistent(id) as TorchStorage
      const known = dtypes.get(storage.key)
      if (known && (known.dtype !== storage.dtype || known.count !== storage.count))
        throw corruptCheckpoint(file, `storage ${storage.key} is described in two ways`)
      dtypes.set(storage.key, storage)
      return storage
    },
  })
  return { value, place: legacyStorages(bytes, next(), dtypes, at) }
}

function legacyStorages(
  bytes: FileBytes,
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage>,
  start: number,
): Placement {
  const { file } = bytes
  const places = new Map<string, { offset: number; length: number }>()
  if (!Array.isArray(keys)) throw corruptCheckpoint(file, 'the list of its storages is damaged')
  let at = start
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (!storage || places.has(storage.key)) throw corruptCheckpoint(file, 'the list of its storages is damaged')
    const count = bytes.read(at, 8).readBigUInt64LE()
    if (count !== BigInt(storage.count))
      throw corruptCheckpoint(file, `storage ${storage.key} has ${count} elements instead of ${storage.count}`)
    const length = storage.count * dtypeBytes[storage.dtype]
    places.set(storage.key, { offset: at + 8, length })
    at += 8 + length
    if (at > bytes.sizeBytes) throw corruptCheckpoint(file, `storage ${storage.key} is cut off`)
  }
  if (at !== bytes.sizeBytes)
    throw corruptCheckpoint(file, `${bytes.sizeBytes - at} unused bytes lie after the last storage`)
  return ({ key }) => {
    const found = places.get(key)
    if (!found) throw corruptCheckpoint(file, `storage ${key} is not in it`)
    return found
  }
}

const unsupported = (file: string, what: string) =>
  new AppError('model/unsupported', {
    message: `${file}: ${what}`,
    hint: 'Take the model as .safetensors, or its weights alone.',
    details: { file },
  })

const bigEndian = (file: string) => unsupported(file, 'its numbers are big-endian')

function readPickleBytes(bytes: FileBytes, offset: number, length: number): Buffer {
  if (length > maxPickleBytes)
    throw corruptCheckpoint(bytes.file, `its pickle of ${length} bytes is over the limit of ${maxPickleBytes}`)
  return bytes.read(offset, length)
}

function unpickle({ file }: FileBytes, buffer: Buffer, host: PickleHost, start = 0) {
  try {
    return readPickle(buffer, host, start)
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause
    throw corruptCheckpoint(file, `its pickle cannot be read: ${cause.message}`, cause)
  }
}

/** Tensors by the path of keys that leads to them. What is in lists or tuples is no weight of a module. */
function collectTensors(file: string, root: PickleValue, place: Placement): WeightMap {
  const tensors = new Map<string, WeightEntry>()
  let visits = 0
  const visit = (value: PickleValue, name: string, depth: number): void => {
    if (++visits > maxTensors) throw corruptCheckpoint(file, `it has more than ${maxTensors} values (a pickle bomb?)`)
    if (isTensor(value)) {
      if (tensors.has(name)) throw corruptCheckpoint(file, `two tensors are called ${name}`)
      tensors.set(name, entryOf(file, name, value, place))
    } else if (value instanceof Map) {
      if (depth === maxDepth) throw corruptCheckpoint(file, `its dicts are more than ${maxDepth} deep`)
      for (const [key, item] of value)
        if (typeof key === 'string' || typeof key === 'number')
          visit(item, name === '' ? `${key}` : `${name}.${key}`, depth + 1)
    }
  }
  visit(root, '', 0)
  return tensors
}

function entryOf(
  file: string,
  name: string,
  { storage, offset, shape, stride }: TorchTensor,
  place: Placement,
): WeightEntry {
  const bytesEach = dtypeBytes[storage.dtype]
  const { offset: start, length: available } = place(storage)
  const count = sizeOf(shape)
  if (!Number.isSafeInteger(count) || storage.count * bytesEach > available || offset + count > storage.count)
    throw corruptCheckpoint(file, `tensor ${name} [${shape.join(', ')}] lies outside of its storage`)
  if (!isContiguous(shape, stride))
    throw unsupported(
      file,
      `tensor ${name} [${shape.join(', ')}] has the strides [${stride.join(', ')}]; only row by row is read`,
    )
  return { name, dtype: storage.dtype, shape, file, offset: start + offset * bytesEach, length: count * bytesEach }
}

/** Row-major: axes of size 1, and all of an empty tensor, may have any stride. */
function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true
    if (shape[axis] !== 1 && stride[axis] !== expected) return shape.includes(0)
    expected *= shape[axis]!
  }
  return true
}
