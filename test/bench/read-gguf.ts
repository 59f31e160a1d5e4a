import { decodeGgml, ggmlBytes, ggmlTypes, type GgmlType } from '../../bench/references/ggml-blocks.ts'

/** What a GGUF file says; arrays of the metadata whole, tensors as float32 in the order of the file. */
export function readGguf(bytes: Buffer) {
  const reader = new Reader(bytes)
  if (reader.text(4) !== 'GGUF' || reader.u32() !== 3) throw new Error('not a GGUF file of version 3')
  const [tensorCount, pairCount] = [reader.u64(), reader.u64()]
  const metadata: Record<string, unknown> = {}
  for (let i = 0; i < pairCount; i++) metadata[reader.string()] = reader.value(reader.u32())
  const found = Array.from({ length: tensorCount }, () => reader.tensor())
  const start = Math.ceil(reader.at / 32) * 32
  const tensors = new Map(
    found.map(({ name, dims, type, offset }) => {
      const length = ggmlBytes(
        type,
        dims.reduce((a, b) => a * b, 1),
      )
      return [name, { dims, values: decodeGgml(type, bytes.subarray(start + offset, start + offset + length)) }]
    }),
  )
  return { metadata, tensors }
}

class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  text(length: number): string {
    return this.#bytes.toString('utf8', this.at, (this.at += length))
  }

  u32(): number {
    return this.#bytes.readUInt32LE((this.at += 4) - 4)
  }

  u64(): number {
    return Number(this.#bytes.readBigUInt64LE((this.at += 8) - 8))
  }

  string(): string {
    return this.text(this.u64())
  }

  value(type: number): unknown {
    if (type === 4) return this.u32()
    if (type === 5) return this.#bytes.readInt32LE((this.at += 4) - 4)
    if (type === 6) return this.#bytes.readFloatLE((this.at += 4) - 4)
    if (type === 7) return this.#bytes[this.at++] === 1
    if (type === 8) return this.string()
    if (type !== 9) throw new Error(`no code for a value of type ${type}`)
    const items = this.u32()
    return Array.from({ length: this.u64() }, () => this.value(items))
  }

  tensor() {
    const name = this.string()
    const dims = Array.from({ length: this.u32() }, () => this.u64())
    const id = this.u32()
    const type = (Object.keys(ggmlTypes) as GgmlType[]).find((known) => ggmlTypes[known].id === id)
    if (type === undefined) throw new Error(`no code for tensors of type ${id}`)
    return { name, dims, type, offset: this.u64() }
  }
}
