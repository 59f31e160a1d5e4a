/**
 * torch's CPU generator: Mersenne Twister (Matsumoto and Nishimura, 1998) with the conversions of ATen's CPU kernels.
 * Integers and uniforms are the same bits. Normals may differ in the last bits, as torch's own do from processor to
 * processor: its vectorised logarithm and sine are approximations.
 */
import { float32, int64, sizeOf, type FloatTensor, type Tensor } from './tensor.ts'

const stateSize = 624
const shift = 397
/** Below this many values torch draws normals one by one in double precision. */
const blockSize = 16

/** A stream of random numbers: what one call draws, the next does not see again. */
export interface TorchGenerator {
  /** Standard normal float32 values, as `torch.randn(shape, generator)`. */
  randn(shape: readonly number[]): FloatTensor
  /** Uniform float32 values in [0, 1), multiples of 2^-24, as `torch.rand`. */
  rand(shape: readonly number[]): FloatTensor
  /** Integers in [low, high), high - low < 2^32, as `torch.randint`. */
  randint(low: number, high: number, shape: readonly number[]): Tensor<'int64'>
}

/** As `torch.Generator().manual_seed(seed)`: only the low 32 bits of the seed count. */
export function createTorchGenerator(seed: number | bigint): TorchGenerator {
  const next = createMt19937(Number(BigInt.asUintN(32, BigInt(seed))))
  const uniform = () => (next() & 0xffffff) / 2 ** 24
  const scalarNormal = createScalarNormal(next)
  return {
    rand: (shape) => float32(fill(sizeOf(shape), uniform), shape),
    randn: (shape) => {
      const size = sizeOf(shape)
      return float32(size < blockSize ? fill(size, scalarNormal) : blockNormals(size, uniform), shape)
    },
    randint: (low, high, shape) => {
      const range = high - low
      if (!(Number.isInteger(low) && Number.isInteger(high) && range > 0 && range < 2 ** 32))
        throw new RangeError(`randint: [${low}, ${high}) is not a range of fewer than 2^32 integers`)
      return int64(
        Array.from({ length: sizeOf(shape) }, () => low + (next() % range)),
        shape,
      )
    },
  }
}

/** MT19937 from a 32-bit seed (init_genrand); gives unsigned 32-bit integers. */
function createMt19937(seed: number): () => number {
  const state = new Uint32Array(stateSize)
  state[0] = seed
  for (let i = 1; i < stateSize; i++) {
    const previous = state[i - 1]!
    state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i
  }
  let index = stateSize
  return () => {
    if (index === stateSize) {
      twist(state)
      index = 0
    }
    let y = state[index++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < stateSize; i++) {
    const y = (state[i]! & 0x80000000) | (state[(i + 1) % stateSize]! & 0x7fffffff)
    state[i] = state[(i + shift) % stateSize]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
}

/** Normals one at a time by Box and Muller; each pair's second value waits for the next call. */
function createScalarNormal(next: () => number): () => number {
  let cached: number | undefined
  const uniform53 = () => {
    const high = next() & 0x1fffff
    return (high * 2 ** 32 + next()) / 2 ** 53
  }
  return () => {
    if (cached !== undefined) {
      const value = cached
      cached = undefined
      return value
    }
    const angle = 2 * Math.PI * uniform53()
    const radius = Math.sqrt(-2 * Math.log1p(-uniform53()))
    cached = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/**
 * At least 16 normals: uniforms first, then Box and Muller on blocks of 16; a ragged end redraws the last 16 places.
 */
function blockNormals(size: number, uniform: () => number): Float32Array {
  const values = fill(size, uniform)
  for (let start = 0; start + blockSize <= size; start += blockSize) boxMuller(values, start)
  if (size % blockSize !== 0) {
    const start = size - blockSize
    for (let i = start; i < size; i++) values[i] = uniform()
    boxMuller(values, start)
  }
  return values
}

/** Rounded to float32 where torch's vectorised kernel rounds: most values are then the same bits, all within 5e-7. */
function boxMuller(values: Float32Array, start: number): void {
  const half = blockSize / 2
  const round = Math.fround
  for (let j = start; j < start + half; j++) {
    const radius = round(Math.sqrt(round(-2 * round(Math.log(1 - values[j]!)))))
    const angle = round(round(2 * Math.PI) * values[j + half]!)
    values[j] = radius * round(Math.cos(angle))
    values[j + half] = radius * round(Math.sin(angle))
  }
}

function fill(size: number, draw: () => number): Float32Array {
  const values = new Float32Array(size)
  for (let i = 0; i < size; i++) values[i] = draw()
  return values
}
