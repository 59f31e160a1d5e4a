/** Element types of tensors that enter or leave a graph. fp16 and bf16 live in weight files only (docs/decisions). */
export interface TensorData {
  float32: Float32Array
  int64: BigInt64Array
  int32: Int32Array
  uint8: Uint8Array
  bool: Uint8Array
}

export type TensorType = keyof TensorData

/** A dense row-major array with its shape. `data.length` is the product of `shape`. */
export interface Tensor<T extends TensorType = TensorType> {
  readonly dtype: T
  readonly shape: readonly number[]
  readonly data: TensorData[T]
}

export type FloatTensor = Tensor<'float32'>

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** A float32 tensor over `data`, which is not copied. Throws a RangeError when the length does not fit the shape. */
export function float32(data: Float32Array, shape: readonly number[]): FloatTensor {
  return checked({ dtype: 'float32', data, shape })
}

/** An int64 tensor from numbers or bigints. */
export function int64(values: ArrayLike<number | bigint>, shape: readonly number[] = [values.length]): Tensor<'int64'> {
  const data = values instanceof BigInt64Array ? values : BigInt64Array.from(Array.from(values, BigInt))
  return checked({ dtype: 'int64', data, shape })
}

/** A float32 tensor of zeros. */
export const zeros = (shape: readonly number[]): FloatTensor => float32(new Float32Array(sizeOf(shape)), shape)

function checked<T extends Tensor>(tensor: T): T {
  if (tensor.data.length !== sizeOf(tensor.shape)) {
    throw new RangeError(`tensor of shape [${tensor.shape.join(', ')}] got ${tensor.data.length} elements`)
  }
  return tensor
}
