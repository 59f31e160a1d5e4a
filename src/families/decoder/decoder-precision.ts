import type { Precision } from '../../contract/precision.ts'
import { AppError } from '../../contract/errors.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { sizeOf } from '../../tensor/tensor.ts'
import type { BlockFormat } from '../../weights/quantise.ts'
import { isQuantisable, type BlockFormats } from '../../weights/quantised-file.ts'
import type { WeightMap } from '../../weights/weights.ts'
import type { DecoderConfig } from './decoder-config.ts'

/** Values of a decoder's layers from which `auto` takes fewer bits: below, there is nothing to be won. */
const int8From = 200e6
const int4From = 2.5e9

/** The blocks that matrices are quantised in. */
export const blockFormats = {
  int8: { bits: 8, blockSize: 64 },
  int4: { bits: 4, blockSize: 64 },
} as const satisfies Readonly<Record<string, BlockFormat>>

/** Matrices that are multiplied: those of the layers and the output layer. Norms, biases and the table stay as they are. */
const layerMatrix = /^model\.layers\.(\d+)\.(?:self_attn|mlp)\.\w+\.weight$/

/** Values of the layers' matrices. */
function layerValues(map: WeightMap): number {
  let sum = 0
  for (const [name, { shape }] of map) if (layerMatrix.test(name)) sum += sizeOf(shape)
  return sum
}

/** The precision that `auto` stands for: by size, since decoding takes as long as its weights are large. */
export function resolvePrecision(map: WeightMap, precision: Precision): Exclude<Precision, 'auto'> {
  if (precision !== 'auto') return precision
  const values = layerValues(map)
  return values >= int4From ? 'int4' : values >= int8From ? 'int8' : 'fp32'
}

/**
 * The format of each matrix of a decoder: 8 bits everywhere, or 4 with the output layer and the first and the last layer
 * at 8, as is usual for 4 bits (not measured against 4 everywhere, docs/precision.md). The embedding table is read by rows
 * as it is stored, also where it is the output layer's matrix, too.
 */
export function decoderFormats(
  map: WeightMap,
  { layers, tiedEmbeddings }: Pick<DecoderConfig, 'layers' | 'tiedEmbeddings'>,
  precision: Exclude<Precision, 'auto'>,
): BlockFormats {
  const formats = new Map<string, BlockFormat>()
  if (precision === 'fp32' || precision === 'fp16') return formats
  const output = tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'
  for (const [name, entry] of map) {
    const layer = layerMatrix.exec(name)?.[1]
    if ((layer === undefined && name !== output) || !isQuantisable(entry)) continue
    const isOuter = layer === undefined || Number(layer) === 0 || Number(layer) === layers - 1
    formats.set(name, precision === 'int8' || isOuter ? blockFormats.int8 : blockFormats.int4)
  }
  return formats
}

/**
 * The decoder's weights in a precision, quantised on first use, and the runtime that loads them so.
 * Throws AppError `storage/full` where quantised weights cannot be kept.
 */
export async function inPrecision(
  map: WeightMap,
  config: DecoderConfig,
  precision: Precision,
  runtime: Runtime,
): Promise<{ readonly map: WeightMap; readonly runtime: Runtime }> {
  const resolved = resolvePrecision(map, precision)
  if (resolved === 'fp16')
    return { map, runtime: { ...runtime, load: (g, options) => runtime.load(g, { ...options, keepHalves: true }) } }
  const formats = decoderFormats(map, config, resolved)
  if (formats.size === 0) return { map, runtime }
  if (!runtime.weights) {
    if (precision === 'auto') return { map, runtime }
    throw new AppError('config/invalid', {
      message: `precision ${precision} needs a cache folder for the quantised weights`,
      hint: 'Name one, or choose the precision fp32.',
    })
  }
  return { map: await runtime.weights.quantise(map, formats), runtime }
}
