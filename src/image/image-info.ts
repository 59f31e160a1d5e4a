/** The formats that are decoded; every other one is refused by name. */
export const imageFormats = ['png', 'jpeg', 'webp', 'gif'] as const
export type ImageFormat = (typeof imageFormats)[number]

/** What a file's header says of its picture. */
export interface ImageInfo {
  readonly format: ImageFormat
  /** As stored, before `orientation` is applied. */
  readonly width: number
  readonly height: number
  /** More than 1 in an animated picture. */
  readonly frames: number
  /** Bits a channel (of the palette's colours where there is one). */
  readonly bitDepth: number
  /** EXIF: 1 upright, 2 to 8 mirrored or turned; from 5 on width and height change places. */
  readonly orientation: number
}

/** Reads a file's header; a read beyond its end throws a RangeError. */
export type HeaderParser = (bytes: Uint8Array) => Omit<ImageInfo, 'format'>

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Four ASCII characters, the names of chunks. */
export const fourCharacters = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4))
