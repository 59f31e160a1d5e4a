/** A picture as the models and the encoders take it: 8-bit sRGB, three channels interleaved, row-major. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  /** [height, width, 3] uint8. */
  readonly data: Uint8Array
}

/** One 8-bit channel: a mask, an alpha plane, a luma picture. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  /** [height, width] uint8. */
  readonly data: Uint8Array
}
