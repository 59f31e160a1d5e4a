import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readWeight } from '../../src/weights/safetensors.ts'
import { dictOf, openTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts'
import { fileOf, open, refusal, six, sixPickle, sixStored, zipOf } from './torch-samples.ts'
import { dictOps, op, pickle, rawOp, tensorOps, torchLegacy, torchZip, zip } from './write-torch.ts'

describe('a torch checkpoint', () => {
  const layouts = {
    zip: torchZip(sixPickle, { 0: six }),
    'zip64, with a comment': zip(
      [
        { name: 'm/data.pkl', bytes: sixPickle },
        { name: 'm/data/0', bytes: six },
      ],
      { zip64: true, comment: 'made by hand' },
    ),
    legacy: torchLegacy(sixPickle, { 0: { dtype: 'F32', bytes: six } }),
  }
  it.each(Object.entries(layouts))('(%s) names where each tensor lies, and its bytes are there', (_, bytes) => {
    const file = fileOf(bytes)
    const { tensors, sizeBytes } = openTorchCheckpoint(path.relative(process.cwd(), file))
    expect(sizeBytes).toBe(bytes.length)
    const w = tensors.get('w')!
    expect(w).toEqual({ name: 'w', dtype: 'F32', shape: [2, 3], file, offset: w.offset, length: 24 })
    expect([...readWeight(w).data]).toEqual([1, 2, 3, 4, 5, 6])
  })

  it.each(['zip', 'legacy'])('(%s) gives tensors that share a storage, each with its own part', (layout) => {
    const parts = pickle(
      dictOps({
        first: tensorOps({ ...sixStored, shape: [2], stride: [1] }),
        second: tensorOps({ ...sixStored, shape: [1, 3], stride: [17, 1], offset: 2 }),
        same: tensorOps(sixStored),
        scalar: tensorOps({ ...sixStored, shape: [], offset: 5 }),
        empty: tensorOps({ ...sixStored, shape: [0, 4], stride: [9, 9] }),
      }),
    )
    const bytes =
      layout === 'zip' ? torchZip(parts, { 0: six }) : torchLegacy(parts, { 0: { dtype: 'F32', bytes: six } })
    const read = [...open(bytes).tensors].map(([name, entry]) => [name, [...readWeight(entry).data]])
    expect(Object.fromEntries(read)).toEqual({
      first: [1, 2],
      second: [3, 4, 5],
      same: [1, 2, 3, 4, 5, 6],
      scalar: [6],
      empty: [],
    })
  })

  it('(legacy) gives a view of a storage from its place on', () => {
    const view = tensorOps({ ...sixStored, shape: [2], offset: 1, view: ['v', 3, 3] })
    const { tensors } = open(torchLegacy(pickle(dictOps({ w: view })), { 0: { dtype: 'F32', bytes: six } }))
    expect([...readWeight(tensors.get('w')!).data]).toEqual([5, 6])
  })

  it.each(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'] as const)('knows %s', (dtype) => {
    const one = tensorOps({ storage: 'a', dtype, shape: [1], count: 1 })
    const { tensors } = open(torchZip(pickle(dictOps({ w: one })), { a: new Uint8Array(8) }))
    expect(readWeight(tensors.get('w')!)).toMatchObject({ shape: [1] })
    expect(tensors.get('w')!.dtype).toBe(dtype)
  })

  it('joins the names of dicts within dicts, and gives one dict by its name', () => {
    const inner = dictOps({ 'conv.weight': tensorOps(sixStored), step: op.int(3) })
    const checkpoint = open(
      zipOf(
        dictOps({
          params_ema: inner,
          params: op.dict,
          epoch: op.int(7),
          note: op.text('x'),
          list: op.list,
          no: op.none,
        }),
      ),
    )
    expect([...checkpoint.tensors.keys()]).toEqual(['params_ema.conv.weight'])
    expect([...dictOf(checkpoint, 'params_ema').keys()]).toEqual(['conv.weight'])
    expect(dictOf(checkpoint, 'params_ema').get('conv.weight')!.name).toBe('params_ema.conv.weight')
    expect(() => dictOf(checkpoint, 'params')).toThrow(
      expect.objectContaining({
        code: 'weights/missing',
        message: expect.stringMatching(/no tensors under params \(but under params_ema\)$/) as string,
      }),
    )
  })

  it('takes what state_dict() adds: an OrderedDict with _metadata, parameters, bytes', () => {
    const ordered = [op.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce]
    const parameter = [op.global('torch._utils', '_rebuild_parameter'), op.mark, tensorOps(sixStored)]
    const bytes = [op.global('_codecs', 'encode'), op.mark, op.text('raw'), op.text('latin1'), op.tuple, op.reduce]
    const state = [op.dict, op.text('_metadata'), ...ordered, op.setItem, op.build]
    const { tensors } = open(
      zipOf(
        ...[...ordered, op.text('w'), ...parameter, rawOp(0x88), ...ordered, op.tuple, op.reduce, op.setItem],
        ...[op.text('b'), ...bytes, op.setItem, ...state],
      ),
    )
    expect([...tensors.keys()]).toEqual(['w'])
  })
})

describe('a checkpoint with code in it', () => {
  const shell = (name: Uint8Array) => [name, op.text('touch /tmp/llmga-was-run'), op.tuple1, op.reduce]
  const codes: readonly (readonly [what: string, name: string, ops: Uint8Array[]])[] = [
    ['a call of os.system', 'os.system', shell(op.global('os', 'system'))],
    ['the same as Linux pickles it', 'posix.system', shell(op.global('posix', 'system'))],
    ['eval', '__builtin__.eval', shell(op.global('__builtin__', 'eval'))],
    ['a name from the stack', 'os.system', shell(Buffer.concat([op.text('os'), op.text('system'), rawOp(0x93)]))],
    ['an instance of a class', 'subprocess.Popen', [op.instance('subprocess', 'Popen')]],
    [
      'a whole module',
      'torch.nn.modules.conv.Conv2d',
      [op.global('torch.nn.modules.conv', 'Conv2d'), op.emptyTuple, rawOp(0x81)],
    ],
    ['a loader inside', 'torch.storage._load_from_bytes', shell(op.global('torch.storage', '_load_from_bytes'))],
    ['getattr', 'builtins.getattr', [op.global('builtins', 'getattr')]],
    ['an object of every JavaScript object', '__proto__.constructor', [op.global('__proto__', 'constructor')]],
    ['a name of ours', 'toString.', [op.global('toString', '')]],
  ]
  it.each(codes)('(%s) is refused by that name, and nothing is run', (_, name, ops) => {
    for (const bytes of [
      zipOf(...ops),
      torchLegacy(pickle(...ops)),
      zipOf(dictOps({ w: tensorOps(sixStored), x: Buffer.concat(ops) })),
    ]) {
      const error = refusal(bytes)
      expect(error.code).toBe('model/unsupported')
      expect(error.message).toContain(
        `asks for ${name}, which is neither tensor nor plain container; nothing of it was run`,
      )
      expect(error.hint).toContain('.safetensors')
    }
    expect(existsSync('/tmp/llmga-was-run')).toBe(false)
  })

  it('that calls a storage, sets a state or makes an object of a known name is refused', () => {
    expect(refusal(zipOf(op.global('torch', 'FloatStorage'), op.emptyTuple, op.reduce)).code).toBe('model/unsupported')
    expect(refusal(zipOf(op.list, op.dict, op.build)).message).toMatch(/sets the state of an object/)
    expect(refusal(zipOf(op.instance('collections', 'OrderedDict'))).message).toMatch(/makes an object of collections/)
    expect(refusal(zipOf(op.dict, op.emptyTuple, op.reduce)).message).toMatch(/a call of what is no name/)
  })

  it('in the form of TorchScript is refused', () => {
    const bytes = torchZip(sixPickle, { 0: six }, [{ name: 'model/constants.pkl', bytes: new Uint8Array(1) }])
    expect(refusal(bytes)).toMatchObject({
      code: 'model/unsupported',
      message: expect.stringMatching(/TorchScript/) as string,
    })
  })
})

it('reads the embedded DiffRIR checkpoint, whose shared modules are named twice', () => {
  const file = path.resolve('models/llmga-tiny/diffrir/DiffRIR-tiny-x1.pth')
  const weights = dictOf(openTorchCheckpoint(file), 'params_ema')
  expect(weights.size).toBe(188)
  expect(weights.get('condition.mlp.0.bias')!.offset).toBe(weights.get('diffusion.condition.mlp.0.bias')!.offset)
  const { offset, length } = weights.get('diffusion.betas')!
  expect(length).toBe(8)
  expect(readFileSync(file).readUInt16LE(offset)).toBe(0x2e66) // 0.09998 in fp16
})
