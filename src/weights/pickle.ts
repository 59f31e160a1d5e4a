/** A reader of Python pickles that can only build plain values; whatever a pickle asks to call goes to a host. */

import {
  PickleError,
  PickleGlobal,
  PickleTuple,
  type PickleDict,
  type PickleHost,
  type PickleValue,
} from './pickle-values.ts'

/** A tensor takes about 60; each may make an object of some hundred bytes out of one. */
const maxOperations = 1_000_000
const maxLongBytes = 1024
const highestProtocol = 5

/**
 * Reads one pickle (protocols 2 to 5, Lib/pickletools.py of CPython) from `bytes` and returns its value and where it
 * ended. Nothing recurses, and how much is made is bounded. Throws PickleError for what is damaged or not
 * known here, and what the host throws.
 */
export function readPickle(bytes: Buffer, host: PickleHost, start = 0): { value: PickleValue; end: number } {
  const machine = new Machine(bytes, host, start)
  for (let count = 0; count < maxOperations; count++) {
    const code = machine.byte()
    if (code === stop) return { value: machine.pop(), end: machine.at }
    const operation = operations.get(code)
    if (!operation) throw new PickleError(`operation 0x${code.toString(16)} at byte ${machine.at - 1} is not known`)
    operation(machine)
  }
  throw new PickleError(`it has more than ${maxOperations} operations (a pickle bomb?)`)
}

class Machine {
  readonly bytes: Buffer
  readonly host: PickleHost
  readonly stack: PickleValue[] = []
  readonly marks: number[] = []
  readonly memo = new Map<number, PickleValue>()
  at: number

  constructor(bytes: Buffer, host: PickleHost, at: number) {
    this.bytes = bytes
    this.host = host
    this.at = at
  }

  /** The next `count` bytes. */
  take(count: number): Buffer {
    if (count > this.bytes.length - this.at) throw new PickleError(`it ends at byte ${this.bytes.length} (cut off?)`)
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  byte(): number {
    return this.take(1)[0]!
  }

  uint32(): number {
    return this.take(4).readUInt32LE()
  }

  uint64(): number {
    const value = this.take(8).readBigUInt64LE()
    if (value > BigInt(this.bytes.length)) throw new PickleError(`a length of ${value} bytes is beyond its end`)
    return Number(value)
  }

  text(count: number): string {
    return this.take(count).toString('utf8')
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at)
    if (end < 0) throw new PickleError(`it ends at byte ${this.bytes.length} (cut off?)`)
    const line = this.text(end - this.at)
    this.at++
    return line
  }

  push(value: PickleValue): void {
    this.stack.push(value)
  }

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0
    if (this.stack.length <= floor) throw new PickleError(`its stack is empty at byte ${this.at}`)
    return this.stack.pop()!
  }

  /** The value on top, which stays. */
  top(): PickleValue {
    const value = this.pop()
    this.stack.push(value)
    return value
  }

  /** What was pushed since the last mark. */
  popToMark(): PickleValue[] {
    const mark = this.marks.pop()
    if (mark === undefined) throw new PickleError(`it has no mark at byte ${this.at}`)
    return this.stack.splice(mark)
  }

  remember(index: number): void {
    this.memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) throw new PickleError(`it recalls value ${index}, which was not kept`)
    this.push(value)
  }
}

type Operation = (machine: Machine) => void

const stop = 0x2e

const pushTuple =
  (count: number): Operation =>
  (m) => {
    const items = Array.from({ length: count }, () => m.pop()).reverse()
    m.push(new PickleTuple(items))
  }

const pushText =
  (length: (m: Machine) => number): Operation =>
  (m) =>
    m.push(m.text(length(m)))

const pushBytes =
  (length: (m: Machine) => number): Operation =>
  (m) =>
    m.push(Uint8Array.from(m.take(length(m))))

/** Little-endian two's complement of any length. */
function pushLong(m: Machine, count: number): void {
  if (count > maxLongBytes) throw new PickleError(`a number of ${count} bytes is over the limit`)
  const digits = m.take(count)
  let value = 0n
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!)
  const signed = BigInt.asIntN(count * 8, value)
  m.push(Number.isSafeInteger(Number(signed)) ? Number(signed) : signed)
}

function setItems(m: Machine, items: readonly PickleValue[]): void {
  const dict = m.top()
  if (!(dict instanceof Map) || items.length % 2 !== 0) throw new PickleError(`items without a dict at byte ${m.at}`)
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!)
}

function appendItems(m: Machine, items: readonly PickleValue[]): void {
  const list = m.top()
  if (!Array.isArray(list)) throw new PickleError(`items without a list at byte ${m.at}`)
  for (const item of items) list.push(item)
}

function toDict(items: readonly PickleValue[]): PickleDict {
  if (items.length % 2 !== 0) throw new PickleError('a dict has a key without a value')
  const dict: PickleDict = new Map()
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!)
  return dict
}

function reduce(m: Machine): void {
  const args = m.pop()
  const callee = m.pop()
  if (!(callee instanceof PickleGlobal) || !(args instanceof PickleTuple))
    throw new PickleError(`a call of what is no name at byte ${m.at}`)
  m.push(m.host.call(callee, args.items))
}

/** Attributes of an OrderedDict (torch's `_metadata`) are dropped; nothing else has any. */
function build(m: Machine): void {
  const state = m.pop()
  if (!(m.top() instanceof Map) || !(state instanceof Map))
    throw new PickleError(`it sets the state of an object at byte ${m.at}, which only a plain OrderedDict may have`)
}

function stackGlobal(m: Machine): void {
  const name = m.pop()
  const module = m.pop()
  if (typeof name !== 'string' || typeof module !== 'string') throw new PickleError(`a name is no text at byte ${m.at}`)
  m.push(m.host.global(`${module}.${name}`))
}

/** INST makes an object in one go, which none of the names that the host knows asks for. */
function makeInstance(m: Machine): void {
  const { name } = m.host.global(`${m.line()}.${m.line()}`)
  throw new PickleError(`it makes an object of ${name}`)
}

function protocol(m: Machine): void {
  const version = m.byte()
  if (version > highestProtocol) throw new PickleError(`protocol ${version} is not known`)
}

const one = (m: Machine) => m.byte()
const four = (m: Machine) => m.uint32()
const eight = (m: Machine) => m.uint64()
const latin1 =
  (length: (m: Machine) => number): Operation =>
  (m) =>
    m.push(m.take(length(m)).toString('latin1'))

/** By pickletools' names. The text forms of protocol 0 are left out: torch never wrote them. */
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, protocol], // PROTO
  [0x95, (m) => m.take(8)], // FRAME
  [0x28, (m) => m.marks.push(m.stack.length)], // MARK
  [0x30, (m) => m.pop()], // POP
  [0x31, (m) => m.popToMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.take(4).readInt32LE())], // BININT
  [0x4b, (m) => m.push(m.byte())], // BININT1
  [0x4d, (m) => m.push(m.take(2).readUInt16LE())], // BININT2
  [0x8a, (m) => pushLong(m, m.byte())], // LONG1
  [0x8b, (m) => pushLong(m, m.uint32())], // LONG4
  [0x47, (m) => m.push(m.take(8).readDoubleBE())], // BINFLOAT
  [0x58, pushText(four)], // BINUNICODE
  [0x8c, pushText(one)], // SHORT_BINUNICODE
  [0x8d, pushText(eight)], // BINUNICODE8
  [0x54, latin1(four)], // BINSTRING
  [0x55, latin1(one)], // SHORT_BINSTRING
  [0x42, pushBytes(four)], // BINBYTES
  [0x43, pushBytes(one)], // SHORT_BINBYTES
  [0x8e, pushBytes(eight)], // BINBYTES8
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x6c, (m) => m.push(m.popToMark())], // LIST
  [0x61, (m) => appendOne(m)], // APPEND
  [0x65, (m) => appendItems(m, m.popToMark())], // APPENDS
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, (m) => m.push(toDict(m.popToMark()))], // DICT
  [0x73, (m) => setOne(m)], // SETITEM
  [0x75, (m) => setItems(m, m.popToMark())], // SETITEMS
  [0x29, (m) => m.push(new PickleTuple([]))], // EMPTY_TUPLE
  [0x74, (m) => m.push(new PickleTuple(m.popToMark()))], // TUPLE
  [0x85, pushTuple(1)], // TUPLE1
  [0x86, pushTuple(2)], // TUPLE2
  [0x87, pushTuple(3)], // TUPLE3
  [0x71, (m) => m.remember(m.byte())], // BINPUT
  [0x72, (m) => m.remember(m.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  [0x68, (m) => m.recall(m.byte())], // BINGET
  [0x6a, (m) => m.recall(m.uint32())], // LONG_BINGET
  [0x63, (m) => m.push(m.host.global(`${m.line()}.${m.line()}`))], // GLOBAL
  [0x69, makeInstance], // INST
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x51, (m) => m.push(m.host.persistent(m.pop()))], // BINPERSID
  [0x52, reduce], // REDUCE
  [0x62, build], // BUILD
])

function appendOne(m: Machine): void {
  const item = m.pop()
  appendItems(m, [item])
}

function setOne(m: Machine): void {
  const value = m.pop()
  const key = m.pop()
  setItems(m, [key, value])
}
