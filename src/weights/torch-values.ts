import { AppError } from '../contract/errors.ts'
import { corruptCheckpoint } from './file-bytes.ts'
import { PickleGlobal, PickleTuple, type PickleHost, type PickleObject, type PickleValue } from './pickle-values.ts'
import type { WeightType } from './safetensors.ts'

/** Bytes that tensors share, by torch's key for them. */
export interface TorchStorage extends PickleObject {
  readonly kind: 'storage'
  readonly dtype: WeightType
  readonly key: string
  /** Elements. */
  readonly count: number
  /** Where a view of a legacy file begins in its storage, in elements. */
  readonly start: number
}

/** A tensor as a pickle describes it; all in elements. */
export interface TorchTensor extends PickleObject {
  readonly kind: 'tensor'
  readonly storage: TorchStorage
  readonly offset: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

const storageTypes: Readonly<Record<string, WeightType>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
}

const maxDimensions = 16

/**
 * What a torch checkpoint may say: tensors, parameters, OrderedDict and bytes. Any other name is refused when it is
 * read, with an AppError `model/unsupported` that says it; nothing is ever imported or run.
 */
export function torchHost(file: string): PickleHost {
  const bad = (what: string) => corruptCheckpoint(file, what)
  const calls: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
    'torch._utils._rebuild_tensor_v2': (args) => rebuildTensor(args, bad),
    'torch._utils._rebuild_tensor': (args) => rebuildTensor(args, bad),
    'torch._utils._rebuild_parameter': ([tensor]) => {
      if (!isTensor(tensor)) throw bad('a parameter is no tensor')
      return tensor
    },
    'collections.OrderedDict': (args) => orderedDict(args, bad),
    '_codecs.encode': ([text, encoding]) => {
      if (typeof text !== 'string' || encoding !== 'latin1') throw bad('bytes are not written as torch writes them')
      return Uint8Array.from(Buffer.from(text, 'latin1'))
    },
  }
  return {
    global(name) {
      if (Object.hasOwn(calls, name) || Object.hasOwn(storageTypes, name)) return new PickleGlobal(name)
      throw refusedName(file, name)
    },
    call({ name }, args) {
      const call = Object.hasOwn(calls, name) ? calls[name] : undefined
      if (!call) throw refusedName(file, name)
      return call(args)
    },
    persistent: (id) => readStorage(id, bad),
  }
}

const refusedName = (file: string, name: string) =>
  new AppError('model/unsupported', {
    message: `${file}: the checkpoint asks for ${JSON.stringify(name).slice(1, -1)}, which is neither tensor nor plain container; nothing of it was run`,
    hint: 'Such a file can run code when it is loaded by Python. Take the model as .safetensors, or its weights alone.',
    details: { file, name },
  })

type Bad = (what: string) => AppError

export const isTensor = (value: PickleValue | undefined): value is TorchTensor => isKind(value, 'tensor')
const isStorage = (value: PickleValue | undefined): value is TorchStorage => isKind(value, 'storage')
const isKind = (value: PickleValue | undefined, kind: string): boolean =>
  typeof value === 'object' && value !== null && (value as Partial<PickleObject>).kind === kind

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** ('storage', type, key, location, elements[, view]). A legacy file's view is None or (key, offset, elements). */
function readStorage(id: PickleValue, bad: Bad): TorchStorage {
  const [what, type, key, , count, view] = id instanceof PickleTuple ? id.items : []
  const dtype = type instanceof PickleGlobal ? storageTypes[type.name] : undefined
  const named = typeof key === 'string' || isCount(key)
  if (what !== 'storage' || !dtype || !named || !isCount(count)) throw bad('a storage is not described as torch does')
  const [, start, viewCount] = view instanceof PickleTuple ? view.items : [null, 0, count]
  if (!isCount(start) || !isCount(viewCount) || start + viewCount > count)
    throw bad(`a view of storage ${key} lies outside of it`)
  return { kind: 'storage', dtype, key: String(key), count, start }
}

/** (storage, offset, size, stride, requires_grad, hooks[, metadata]) */
function rebuildTensor([storage, offset, size, strides]: readonly PickleValue[], bad: Bad): TorchTensor {
  const shape = counts(size)
  const stride = counts(strides)
  if (!isStorage(storage) || !isCount(offset) || !shape || !stride || shape.length !== stride.length)
    throw bad('a tensor is not described as torch does')
  return { kind: 'tensor', storage, offset: offset + storage.start, shape, stride }
}

function counts(value: PickleValue | undefined): readonly number[] | undefined {
  if (!(value instanceof PickleTuple) || value.items.length > maxDimensions) return undefined
  return value.items.every(isCount) ? value.items : undefined
}

/** OrderedDict() or, as Python 2 wrote it, OrderedDict([[key, value], ...]). */
function orderedDict([pairs = []]: readonly PickleValue[], bad: Bad): PickleValue {
  const dict = new Map<PickleValue, PickleValue>()
  if (!Array.isArray(pairs)) throw bad('an OrderedDict is not made of pairs')
  for (const pair of pairs) {
    const items = pair instanceof PickleTuple ? pair.items : pair
    if (!Array.isArray(items) || items.length !== 2) throw bad('an OrderedDict is not made of pairs')
    dict.set(items[0] as PickleValue, items[1] as PickleValue)
  }
  return dict
}
