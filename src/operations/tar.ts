import { open, type FileHandle } from 'node:fs/promises'
import { AppError } from '../contract/errors.ts'

/** A file that goes into an archive under `name` (at most 100 bytes). */
export interface TarSource {
  readonly name: string
  readonly file: string
}

const block = 512
const chunkBytes = 1 << 20

/**
 * Writes files into a plain tar archive (POSIX ustar), durable when it resolves; any tar reads it. Only the owner may read
 * it. Throws the system's error for a file that is not there: nobody may take the archive for whole then.
 */
export async function writeTar(target: string, sources: Iterable<TarSource>): Promise<void> {
  const archive = await open(target, 'wx', 0o600)
  try {
    for (const source of sources) await addFile(archive, source)
    await archive.write(Buffer.alloc(2 * block))
    await archive.sync()
  } finally {
    await archive.close()
  }
}

async function addFile(archive: FileHandle, { name, file }: TarSource): Promise<void> {
  const source = await open(file, 'r')
  try {
    const { size } = await source.stat()
    await archive.write(header(name, size))
    for await (const chunk of chunksOf(source, 0, size)) await archive.write(chunk)
    await archive.write(Buffer.alloc(padding(size)))
  } finally {
    await source.close()
  }
}

const padding = (size: number): number => (block - (size % block)) % block

async function* chunksOf(handle: FileHandle, start: number, size: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < size;) {
    const wanted = Math.min(chunkBytes, size - done)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, start + done)
    if (bytesRead === 0) throw damaged('it is cut off')
    yield buffer.subarray(0, bytesRead)
    done += bytesRead
  }
}

/** Fields of a ustar header: octal numbers, the sum of all bytes with the sum itself as blanks. */
function header(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  if (Buffer.byteLength(name) > 100) throw new RangeError(`the name ${name} is too long for tar`)
  bytes.write(name, 0)
  bytes.write(octal(0o600, 8) + octal(0, 8) + octal(0, 8), 100)
  if (size < 8 ** 11) bytes.write(octal(size, 12), 124)
  else {
    bytes.writeUInt8(0x80, 124) // base 256, as GNU tar writes what is larger than 8 GiB
    bytes.writeBigUInt64BE(BigInt(size), 128)
  }
  bytes.write(octal(Math.floor(Date.now() / 1000), 12), 136)
  bytes.write(`${' '.repeat(8)}0`, 148)
  bytes.write('ustar\x0000', 257)
  bytes.write(`${sumOf(bytes).toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

const sumOf = (bytes: Buffer): number => bytes.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)

/** A file in an archive, as long as the archive is read. */
export interface TarEntry {
  readonly name: string
  readonly sizeBytes: number
  readonly chunks: () => AsyncIterable<Uint8Array>
}

/** The files of an archive in their order. Throws AppError `storage/corrupt` for what is no tar or is cut off. */
export async function* readTar(file: string): AsyncGenerator<TarEntry> {
  const archive = await open(file, 'r')
  try {
    for (let at = 0; ;) {
      const { bytesRead, buffer } = await archive.read(Buffer.alloc(block), 0, block, at)
      if (bytesRead < block) throw damaged('it is cut off')
      if (buffer.every((byte) => byte === 0)) return
      const { name, size } = parseHeader(buffer)
      const start = at + block
      yield { name, sizeBytes: size, chunks: () => chunksOf(archive, start, size) }
      at = start + size + padding(size)
    }
  } finally {
    await archive.close()
  }
}

function parseHeader(bytes: Buffer): { readonly name: string; readonly size: number } {
  const text = (from: number, length: number) => bytes.toString('utf8', from, from + length).replace(/\0.*$/s, '')
  if (parseInt(text(148, 8), 8) !== sumOf(bytes) || text(156, 1) !== '0') throw damaged('it is not a backup')
  const size = bytes[124] === 0x80 ? Number(bytes.readBigUInt64BE(128)) : parseInt(text(124, 12), 8)
  if (!Number.isSafeInteger(size) || size < 0) throw damaged('a size is wrong')
  return { name: text(0, 100), size }
}

const damaged = (why: string): AppError =>
  new AppError('storage/corrupt', { message: `the archive cannot be used: ${why}`, hint: 'Take another backup.' })
