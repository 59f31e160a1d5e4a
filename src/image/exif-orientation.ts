const orientationTag = 0x0112

/**
 * How a picture is to be turned, 1 (not at all) to 8, from an EXIF block (TIFF header first). What is not such a block,
 * or says nothing, is 1.
 */
export function exifOrientation(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  if (block.length < 14) return 1
  const littleEndian = block[0] === 0x49
  if (view.getUint16(2, littleEndian) !== 42) return 1
  const directory = view.getUint32(4, littleEndian)
  if (directory + 2 > block.length) return 1
  const entries = view.getUint16(directory, littleEndian)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12
    if (entry + 12 > block.length) return 1
    if (view.getUint16(entry, littleEndian) !== orientationTag) continue
    const value = view.getUint16(entry + 8, littleEndian)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}
