/**
 * How a language model's weights are held: widened to float32 once; in half precision as stored, widened at each use;
 * in blocks of 8 or 4 bits; or what its size asks for.
 */
export const precisions = ['auto', 'fp32', 'fp16', 'int8', 'int4'] as const
export type Precision = (typeof precisions)[number]
