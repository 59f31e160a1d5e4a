import type { PartShape, Preset } from './preset-schema.ts'

/** How weights are held: as floats of 4 or 2 bytes, or in blocks of 32 that share one scale. */
export type HeldPrecision = 'fp32' | 'fp16' | 'int8' | 'int4'

/** Bytes of a model's weights on a device. */
export interface MemoryNeed {
  readonly device: 'cpu' | 'gpu'
  readonly precision: HeldPrecision
  readonly bytes: number
}

const blockSize = 32

/** Bytes of one weight; the scale of a block is a float of the device's width. */
const bytesPerWeight: Readonly<Record<MemoryNeed['device'], Readonly<Partial<Record<HeldPrecision, number>>>>> = {
  cpu: { fp32: 4, int8: 1 + 4 / blockSize, int4: 0.5 + 4 / blockSize },
  gpu: { fp16: 2, int8: 1 + 2 / blockSize, int4: 0.5 + 2 / blockSize },
}

type Shape<Kind extends PartShape['kind']> = Extract<PartShape, { kind: Kind }>

/** Weights of a pre-norm decoder: the embedding tables, and what its layers multiply with. */
function decoderWeights(shape: Shape<'decoder'>) {
  const { vocabulary, width, inner, layers, heads, kvHeads, headWidth = width / heads, tied, bias } = shape
  const queries = heads * headWidth
  const keys = kvHeads * headWidth
  const attention = width * (queries + 2 * keys) + queries * width
  const norms = layers * (2 * width + (bias ? queries + 2 * keys : 0)) + width
  return {
    tables: vocabulary * width * (tied ? 1 : 2),
    layers: layers * (attention + 3 * width * inner),
    norms,
  }
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
      const { tables, layers, norms } = decoderWeights(shape)
      return tables + layers + norms
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

/** Bytes of a preset's weights by device and precision; whole numbers are for decoders' layers, the rest stays float. */
export function memoryOf({ shapes }: Pick<Preset, 'shapes'>): readonly MemoryNeed[] {
  const inBlocks = shapes.reduce((sum, shape) => sum + (shape.kind === 'decoder' ? decoderWeights(shape).layers : 0), 0)
  const inFloats = shapes.reduce((sum, shape) => sum + weightsOf(shape), 0) - inBlocks
  if (inFloats === 0) return []
  return (['cpu', 'gpu'] as const).flatMap((device) => {
    const rates = Object.entries(bytesPerWeight[device]) as [HeldPrecision, number][]
    const [[, float]] = rates as [[HeldPrecision, number]]
    return rates
      .filter(([precision]) => inBlocks > 0 || precision.startsWith('fp'))
      .map(([precision, each]) => ({ device, precision, bytes: Math.round(inFloats * float + inBlocks * each) }))
  })
}

/** Bytes of the keys and values of one token of a conversation, in float32. */
export function cacheBytesPerToken({ shapes }: Pick<Preset, 'shapes'>): number {
  const decoder = shapes.find((shape) => shape.kind === 'decoder')
  if (!decoder) return 0
  const { width, heads, headWidth = width / heads, kvHeads, layers } = decoder
  return layers * 2 * kvHeads * headWidth * 4
}
