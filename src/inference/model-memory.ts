import { blockFormats } from '../families/decoder/decoder-precision.ts'
import type { BlockFormat } from '../weights/quantise.ts'
import type { PartShape, Preset } from './preset-schema.ts'

/** How weights are held: as floats of 4 or 2 bytes, or in blocks of integers that share one scale. */
export type HeldPrecision = 'fp32' | 'fp16' | 'int8' | 'int4'

/** Bytes of a model's weights on a device. */
export interface MemoryNeed {
  readonly device: 'cpu' | 'gpu'
  readonly precision: HeldPrecision
  readonly bytes: number
}

/** Bytes of a float on a device, and the precision's name. */
const floats = { cpu: ['fp32', 4], gpu: ['fp16', 2] } as const

/** Bytes of a quantised weight, its part of the block's float32 scale included. */
const bytesIn = ({ bits, blockSize }: BlockFormat): number => bits / 8 + 4 / blockSize

type Shape<Kind extends PartShape['kind']> = Extract<PartShape, { kind: Kind }>

/** Weights of a pre-norm decoder: an embedding table, the output layer's matrix, and those of each layer. */
function decoderWeights(shape: Shape<'decoder'>) {
  const { vocabulary, width, inner, layers, heads, kvHeads, headWidth = width / heads, tied, bias } = shape
  const queries = heads * headWidth
  const keys = kvHeads * headWidth
  const norms = layers * (2 * width + (bias ? queries + 2 * keys : 0)) + width
  return {
    table: vocabulary * width,
    ownOutput: tied ? 0 : vocabulary * width,
    layer: width * (queries + 2 * keys) + queries * width + 3 * width * inner,
    layers,
    norms,
  }
}

/**
 * Bytes of a decoder's quantised matrices, scales included: those of its layers and of the output layer (a tied one is
 * quantised beside the table); at `int4` the output, first and last layers have 8 bits (see decoderFormats).
 */
export function quantisedDecoderBytes(shape: Shape<'decoder'>, precision: 'int8' | 'int4'): number {
  const { table, layer, layers } = decoderWeights(shape)
  const outer = Math.min(layers, 2) * layer + table
  return outer * bytesIn(blockFormats.int8) + Math.max(0, layers - 2) * layer * bytesIn(blockFormats[precision])
}

const clipLayers = (width: number, inner: number, layers: number): number =>
  layers * (4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width)

/** Tokens that CLIP's text encoders know, and places in a text. */
const clipVocabulary = 49408
const clipPlaces = 77

function clipTextWeights({ width, inner, layers, projected }: Shape<'clip-text'>): number {
  const tables = (clipVocabulary + clipPlaces) * width
  return tables + clipLayers(width, inner, layers) + 2 * width + (projected ? width * width : 0)
}

function clipVisionWeights({ width, inner, layers, imageSize, patch, projection }: Shape<'clip-vision'>): number {
  const places = (imageSize / patch) ** 2 + 1
  const embedding = width + 3 * patch * patch * width + places * width
  return embedding + clipLayers(width, inner, layers) + 4 * width + (projection ?? 0) * width
}

/** Number of weights of a part, from its published architecture. */
export function weightsOf(shape: PartShape): number {
  switch (shape.kind) {
    case 'decoder': {
      const { table, ownOutput, layer, layers, norms } = decoderWeights(shape)
      return table + ownOutput + layers * layer + norms
    }
    case 'clip-text':
      return clipTextWeights(shape)
    case 'clip-vision':
      return clipVisionWeights(shape)
    case 'projector': // mlp2x_gelu
      return shape.from * shape.to + shape.to + shape.to * shape.to + shape.to
    case 'counted':
      return shape.parameters
  }
}

/**
 * Bytes of a preset's weights by device and precision. Whole numbers are for the matrices of decoders; the embedding
 * table stays as it is published (16 bits), the rest float.
 */
export function memoryOf({ shapes }: Pick<Preset, 'shapes'>): readonly MemoryNeed[] {
  const sum = (bytes: (shape: PartShape) => number) => Math.round(shapes.reduce((all, shape) => all + bytes(shape), 0))
  const hasDecoder = shapes.some(({ kind }) => kind === 'decoder')
  if (sum(weightsOf) === 0) return []
  return (['cpu', 'gpu'] as const).flatMap((device) => {
    const [float, each] = floats[device]
    const inBlocks = (precision: 'int8' | 'int4') =>
      sum((shape) => {
        if (shape.kind !== 'decoder') return weightsOf(shape) * each
        const { table, norms } = decoderWeights(shape)
        return quantisedDecoderBytes(shape, precision) + 2 * table + norms * each
      })
    const quantised = hasDecoder ? (['int8', 'int4'] as const) : []
    return [
      { device, precision: float, bytes: sum((shape) => weightsOf(shape) * each) },
      ...quantised.map((precision) => ({ device, precision, bytes: inBlocks(precision) })),
    ]
  })
}

/** Bytes of the keys and values of one token of a conversation, in float32. */
export function cacheBytesPerToken({ shapes }: Pick<Preset, 'shapes'>): number {
  const decoder = shapes.find((shape) => shape.kind === 'decoder')
  if (!decoder) return 0
  const { width, heads, headWidth = width / heads, kvHeads, layers } = decoder
  return layers * 2 * kvHeads * headWidth * 4
}
