import { corruptCheckpoint, type FileBytes } from './file-bytes.ts'

/** Where the bytes of a stored (not compressed) member of a zip archive lie. */
export interface ZipMember {
  readonly name: string
  readonly offset: number
  readonly length: number
}

const signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 }
const sizes = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 }
const maxDirectoryBytes = 64 << 20
const maxMembers = 500_000
const encryptedFlags = 0x2041

/**
 * The members of a zip archive (APPNOTE.TXT, with zip64), of which nothing is unpacked: all must be stored as they are,
 * one after the other, under different names, and the central directory and the local headers must agree.
 * Throws AppError `weights/corrupt` otherwise.
 */
export function readZipMembers(bytes: FileBytes): ReadonlyMap<string, ZipMember> {
  const directory = findDirectory(bytes)
  const buffer = bytes.read(directory.offset, directory.length)
  const members = new Map<string, ZipMember>()
  const starts: { start: number; end: number; name: string }[] = []
  let at = 0
  for (let i = 0; i < directory.count; i++) {
    const entry = readEntry(bytes, buffer, at)
    at = entry.next
    if (members.has(entry.name)) throw corruptCheckpoint(bytes.file, `two members are called ${entry.name}`)
    const offset = dataOffset(bytes, entry)
    if (offset + entry.length > directory.offset)
      throw corruptCheckpoint(bytes.file, `member ${entry.name} reaches beyond the archive's data`)
    members.set(entry.name, { name: entry.name, offset, length: entry.length })
    starts.push({ start: entry.localOffset, end: offset + entry.length, name: entry.name })
  }
  if (at !== buffer.length) throw corruptCheckpoint(bytes.file, 'its directory is longer than its members')
  checkOverlaps(bytes, starts)
  return members
}

interface Directory {
  readonly offset: number
  readonly length: number
  readonly count: number
}

function findDirectory(bytes: FileBytes): Directory {
  const tail = bytes.read(
    Math.max(0, bytes.sizeBytes - sizes.end - 0xffff),
    Math.min(bytes.sizeBytes, sizes.end + 0xffff),
  )
  let at = tail.length - sizes.end
  const isEnd = () =>
    tail.readUInt32LE(at) === signature.end && at + sizes.end + tail.readUInt16LE(at + 20) === tail.length
  while (at >= 0 && !isEnd()) at--
  if (at < 0) throw corruptCheckpoint(bytes.file, 'the zip archive has no end (cut off?)')
  const endOffset = bytes.sizeBytes - tail.length + at
  const plain = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  }
  // torch writes the 64-bit end always, whatever the sizes.
  const directory = findDirectory64(bytes, endOffset) ?? { ...plain, after: endOffset }
  if (directory.offset + directory.length !== directory.after)
    throw corruptCheckpoint(bytes.file, 'the zip directory is not where its end says')
  if (directory.length > maxDirectoryBytes || directory.count > maxMembers)
    throw corruptCheckpoint(bytes.file, `its directory of ${directory.count} members is over the limit`)
  return directory
}

/** What the 64-bit end of a zip64 archive says, which its locator just before the plain end points to. */
function findDirectory64(bytes: FileBytes, endOffset: number): (Directory & { readonly after: number }) | undefined {
  if (endOffset < sizes.locator64) return undefined
  const locator = bytes.read(endOffset - sizes.locator64, sizes.locator64)
  if (locator.readUInt32LE(0) !== signature.locator64) return undefined
  const after = safeNumber(bytes, locator.readBigUInt64LE(8))
  const record = bytes.read(after, sizes.end64)
  if (record.readUInt32LE(0) !== signature.end64) throw corruptCheckpoint(bytes.file, 'its zip64 end is missing')
  const [count, length, offset] = [32, 40, 48].map((place) => safeNumber(bytes, record.readBigUInt64LE(place)))
  return { count: count!, length: length!, offset: offset!, after }
}

function safeNumber(bytes: FileBytes, value: bigint): number {
  if (value > BigInt(bytes.sizeBytes))
    throw corruptCheckpoint(bytes.file, `a zip field of ${value} is beyond the file's end`)
  return Number(value)
}

interface DirectoryEntry {
  readonly name: string
  readonly length: number
  readonly localOffset: number
  /** Place of the next entry in the directory. */
  readonly next: number
}

function readEntry(bytes: FileBytes, buffer: Buffer, at: number): DirectoryEntry {
  if (at + sizes.central > buffer.length || buffer.readUInt32LE(at) !== signature.central)
    throw corruptCheckpoint(bytes.file, 'its zip directory is damaged')
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => buffer.readUInt16LE(at + place))
  const nameEnd = at + sizes.central + nameLength!
  const extraEnd = nameEnd + extraLength!
  const next = extraEnd + commentLength!
  if (next > buffer.length) throw corruptCheckpoint(bytes.file, 'its zip directory is damaged')
  const name = buffer.toString('utf8', at + sizes.central, nameEnd)
  if ((buffer.readUInt16LE(at + 8) & encryptedFlags) !== 0)
    throw corruptCheckpoint(bytes.file, `member ${name} is encrypted`)
  if (buffer.readUInt16LE(at + 10) !== 0)
    throw corruptCheckpoint(bytes.file, `member ${name} is compressed, which torch.save never does`)
  const fields = {
    packed: buffer.readUInt32LE(at + 20),
    length: buffer.readUInt32LE(at + 24),
    localOffset: buffer.readUInt32LE(at + 42),
  }
  const wide = wideFields(bytes, buffer.subarray(nameEnd, extraEnd), fields)
  if (wide.packed !== wide.length) throw corruptCheckpoint(bytes.file, `member ${name} has two different sizes`)
  return { name, length: wide.length, localOffset: wide.localOffset, next }
}

interface SizeFields {
  readonly packed: number
  readonly length: number
  readonly localOffset: number
}

/** Sizes that did not fit 32 bits stand in the zip64 extra field (0x0001): size, packed size, offset, as needed. */
function wideFields(bytes: FileBytes, extra: Buffer, fields: SizeFields): SizeFields {
  const full = 0xffffffff
  if (fields.length !== full && fields.packed !== full && fields.localOffset !== full) return fields
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === 1) {
      let place = at + 4
      const take = (value: number) => {
        if (value !== full) return value
        if (place + 8 > Math.min(end, extra.length)) throw corruptCheckpoint(bytes.file, 'a zip64 field is cut off')
        place += 8
        return safeNumber(bytes, extra.readBigUInt64LE(place - 8))
      }
      const length = take(fields.length)
      const packed = take(fields.packed)
      return { length, packed, localOffset: take(fields.localOffset) }
    }
    at = end
  }
  throw corruptCheckpoint(bytes.file, 'a zip64 field is missing')
}

/** The local header must name the same member; the data begin after its name and padding. */
function dataOffset(bytes: FileBytes, { name, localOffset }: DirectoryEntry): number {
  const header = bytes.read(localOffset, sizes.local)
  const nameLength = header.readUInt16LE(26)
  const agrees =
    header.readUInt32LE(0) === signature.local &&
    header.readUInt16LE(8) === 0 &&
    bytes.read(localOffset + sizes.local, nameLength).toString('utf8') === name
  if (!agrees) throw corruptCheckpoint(bytes.file, `the header of member ${name} does not agree with the directory`)
  return localOffset + sizes.local + nameLength + header.readUInt16LE(28)
}

function checkOverlaps(bytes: FileBytes, members: { start: number; end: number; name: string }[]): void {
  let last = { end: 0, name: 'the beginning' }
  for (const { start, end, name } of members.sort((a, b) => a.start - b.start)) {
    if (start < last.end) throw corruptCheckpoint(bytes.file, `member ${name} overlaps ${last.name}`)
    last = { end, name }
  }
}
