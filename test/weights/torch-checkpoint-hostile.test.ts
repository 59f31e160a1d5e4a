import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { createTorchGenerator } from '../../src/tensor/torch-random.ts'
import { openTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts'
import { floats, folder, open, refusal, six, sixPickle, sixStored, withTensor, zipOf } from './torch-samples.ts'
import { dictOps, op, rawOp, tensorOps, torchLegacy, torchZip, zip } from './write-torch.ts'

const nested = (depth: number) => {
  const ops: Uint8Array[] = []
  for (let i = 0; i < depth; i++) ops.push(op.dict, op.text('k'))
  ops.push(op.none)
  for (let i = 0; i < depth; i++) ops.push(op.setItem)
  return zipOf(Buffer.concat(ops))
}

/** Dicts that each hold the one before twice: 2^depth ways lead to the last. */
const doubling = (depth: number) => {
  const ops: Uint8Array[] = [op.dict, op.put(0)]
  for (let i = 1; i <= depth; i++)
    ops.push(op.dict, op.text('a'), op.get(i - 1), op.setItem, op.text('b'), op.get(i - 1), op.setItem, op.put(i))
  return zipOf(...ops)
}

const hostile: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  ['no bytes', new Uint8Array(0), /no file of torch.save/],
  ['text', Buffer.from('<!DOCTYPE html>'), /no file of torch.save/],
  ['a zip that is none', Buffer.from('PK\x03\x04 and nothing'), /zip archive has no end/],
  ['a pickle alone', sixPickle, /no file of torch.save/],
  ['a bomb of dicts within dicts', doubling(30), /pickle bomb/],
  ['dicts 100000 deep', nested(100_000), /dicts are more than 32 deep/],
  ['a dict that holds itself', zipOf(op.dict, op.put(0), op.text('k'), op.get(0), op.setItem), /more than 32 deep/],
  [
    'a bomb of a million dicts and a half',
    zipOf(op.list, op.mark, Buffer.alloc(1_500_000, op.dict), op.appends),
    /pickle bomb/,
  ],
  ['text of 4 GB', zipOf(rawOp(0x58, 0xff, 0xff, 0xff, 0xff)), /ends at byte \d+ \(cut off/],
  ['text of 2^63 bytes', zipOf(rawOp(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80)), /beyond its end/],
  ['a number of 4 GB', zipOf(rawOp(0x8b, 0xff, 0xff, 0xff, 0xff)), /number of 4294967295 bytes/],
  ['a value that was not kept', zipOf(op.get(7)), /recalls value 7/],
  ['an empty stack', zipOf(), /its stack is empty/],
  ['no mark', zipOf(op.tuple), /it has no mark/],
  ['a pop below a mark', zipOf(op.none, op.mark, rawOp(0x30)), /its stack is empty/],
  ['a key without a value', zipOf(op.dict, op.mark, op.none, op.setItems), /items without a dict/],
  ['items without a list', zipOf(op.none, op.mark, op.none, op.appends), /items without a list/],
  ['an unknown operation', zipOf(rawOp(0xff)), /operation 0xff at byte 2/],
  ['a protocol to come', torchZip(Buffer.concat([rawOp(0x80, 9), sixPickle.subarray(2)]), { 0: six }), /protocol 9/],
  ['a tensor beyond its storage', withTensor({ shape: [2, 4] }), /tensor w \[2, 4\] lies outside of its storage/],
  ['a tensor from beyond', withTensor({ offset: 1 }), /tensor w \[2, 3\] lies outside/],
  ['a storage larger than its bytes', withTensor({ count: 7 }), /tensor w .* lies outside/],
  ['a tensor of 2^60 values', withTensor({ shape: [2 ** 30, 2 ** 30] }), /tensor w .* lies outside/],
  ['a negative size', withTensor({ shape: [-2, -3] }), /tensor is not described as torch does/],
  ['a negative offset', withTensor({ offset: -1 }), /tensor is not described as torch does/],
  ['fewer strides than sizes', withTensor({ stride: [1] }), /tensor is not described as torch does/],
  ['17 dimensions', withTensor({ shape: new Array<number>(17).fill(1) }), /tensor is not described as torch does/],
  ['a view beyond its storage', withTensor({ view: ['v', 5, 2] }), /view of storage 0 lies outside/],
  ['a storage that is not there', withTensor({ storage: 'no' }), /storage no is not in it/],
  ['a storage out of its folder', withTensor({ storage: '../data.pkl' }), /storage \.\.\/data\.pkl is not in it/],
  ['a persistent id of another kind', zipOf(op.text('module'), op.tuple1, op.persistent), /storage is not described/],
  [
    'two names for one path',
    zipOf(dictOps({ 'a.b': tensorOps(sixStored), a: dictOps({ b: tensorOps(sixStored) }) })),
    /two tensors are called a\.b/,
  ],
]

describe('a hostile or damaged checkpoint', () => {
  it.each(hostile)('(%s) is refused', (_, bytes, message) => {
    expect(refusal(bytes)).toMatchObject({ code: 'weights/corrupt', message: expect.stringMatching(message) as string })
  })

  it.each([
    ['transposed', [1, 2]],
    ['expanded', [0, 1]],
    ['with gaps', [4, 1]],
  ])('whose tensor is %s is refused by its name and strides', (_, stride) => {
    const error = refusal(withTensor({ stride, shape: [2, 2] }))
    expect(error).toMatchObject({ code: 'model/unsupported' })
    expect(error.message).toContain(`tensor w [2, 2] has the strides [${stride.join(', ')}]`)
  })

  it('cut off anywhere is refused', () => {
    for (const whole of [torchZip(sixPickle, { 0: six }), torchLegacy(sixPickle, { 0: { dtype: 'F32', bytes: six } })])
      for (let length = 0; length < whole.length; length++)
        expect(refusal(whole.subarray(0, length)).code).toBe('weights/corrupt')
  })

  it('with any byte changed gives a plain error or tensors inside of the file', () => {
    const random = createTorchGenerator(3)
    for (const whole of [torchZip(sixPickle, { 0: six }), torchLegacy(sixPickle, { 0: { dtype: 'F32', bytes: six } })])
      for (let round = 0; round < 500; round++) {
        const [at, value] = random.randint(0, 2 ** 24, [2]).data as unknown as [bigint, bigint]
        const bytes = Buffer.from(whole)
        bytes[Number(at) % bytes.length] = Number(value) % 256
        try {
          for (const { offset, length } of open(bytes).tensors.values())
            expect(offset + length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }
  })

  it('of a missing file is named', () => {
    expect(() => openTorchCheckpoint(path.join(folder, 'none.pth'))).toThrow(
      expect.objectContaining({ code: 'weights/missing' }),
    )
  })
})

describe('a zip with tricks', () => {
  const data = { name: 'm/data.pkl', bytes: sixPickle }
  const storage = { name: 'm/data/0', bytes: six }
  const tricks: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ['compressed members', zip([{ ...data, method: 8 }, storage]), /data\.pkl is compressed/],
    ['encrypted members', zip([{ ...data, flags: 1 }, storage]), /data\.pkl is encrypted/],
    ['one name twice', zip([data, storage, storage]), /two members are called m\/data\/0/],
    ['two pickles', zip([data, { ...data, name: 'n/data.pkl' }]), /2 members data\.pkl/],
    ['no pickle', zip([storage]), /0 members data\.pkl/],
    ['another local name', zip([{ ...data, localName: 'm/data.pkx' }, storage]), /header of member m\/data\.pkl/],
    [
      'members over one another',
      zip([data, { ...storage, name: 'm/data.pkl2', localName: 'm/data.pkl', localOffset: 0 }]),
      /header of member/,
    ],
    ['a member beyond the data', zip([data, { ...storage, size: 5000 }]), /reaches beyond/],
    [
      'a member that covers the next',
      zip([{ ...data, size: sixPickle.length + 20 }, storage]),
      /member m\/data\/0 overlaps m\/data\.pkl/,
    ],
    ['an offset beyond the file', zip([data, { ...storage, localOffset: 99_999 }]), /outside of its/],
    [
      'bytes before the archive',
      Buffer.concat([Buffer.from('PK\x03\x04'), zip([data, storage])]),
      /not where its end says/,
    ],
    ['a big-endian file', zip([data, storage, { name: 'm/byteorder', bytes: Buffer.from('big') }]), /big-endian/],
  ]
  it.each(tricks)('(%s) is refused', (_, bytes, message) => {
    expect(refusal(bytes).message).toMatch(message)
  })
})

describe('a legacy file', () => {
  const stored = { 0: { dtype: 'F32', bytes: six } } as const
  const tricks: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
    ['of a big-endian machine', torchLegacy(sixPickle, stored, { littleEndian: false }), /big-endian/],
    ['of another protocol', torchLegacy(sixPickle, stored, { protocol: 1002 }), /unknown torch\.save protocol/],
    ['that lists a storage twice', torchLegacy(sixPickle, stored, { keys: ['0', '0'] }), /list of its storages/],
    ['that lists a storage of no tensor', torchLegacy(sixPickle, stored, { keys: ['1'] }), /list of its storages/],
    ['that lists none', torchLegacy(sixPickle, stored, { keys: [] }), /storage 0 is not in it/],
    [
      'with another element count',
      torchLegacy(sixPickle, { 0: { dtype: 'F32', bytes: floats(1) } }),
      /1 elements instead of 6/,
    ],
    ['with bytes at its end', Buffer.concat([torchLegacy(sixPickle, stored), six]), /24 unused bytes/],
  ]
  it.each(tricks)('%s is refused', (_, bytes, message) => {
    expect(refusal(bytes).message).toMatch(message)
  })
})
