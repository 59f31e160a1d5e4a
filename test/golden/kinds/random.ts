import { createTorchGenerator } from '../../../src/tensor/torch-random.ts'
import type { GoldenKind } from '../runner.ts'

/** Successive normals of several seeds and shapes. */
const torchRandn: GoldenKind = ({ inputs }, check) => {
  const draws = inputs['draws'] as { readonly seed: number; readonly shapes: readonly number[][] }[]
  draws.forEach(({ seed, shapes }, i) => {
    const generator = createTorchGenerator(seed)
    shapes.forEach((shape, j) => {
      const { data } = generator.randn(shape)
      check.tensor(`${i}.${j}`, data, shape)
    })
  })
}

const exactly = { abs: 0, rel: 0 }

/** Normals of both paths, uniforms and integers (both exact), and normals of several sizes in sequence. */
const torchRng: GoldenKind = (goldenCase, check) => {
  const { seeds, sizes, sequence_sizes: sequence } = goldenCase.inputs as Record<string, number[]>
  for (const seed of seeds!) {
    const fresh = () => createTorchGenerator(seed)
    for (const size of sizes!) check.tensor(`randn.${seed}.${size}`, fresh().randn([size]).data)
    const named = (name: string) => goldenCase.tensor(`expected.${name}.${seed}`)
    const normals4d = named('randn4d')
    check.tensor(`randn4d.${seed}`, fresh().randn(normals4d.shape).data, normals4d.shape)
    const uniforms = named('rand')
    check.values(`rand.${seed}`, fresh().rand(uniforms.shape).data, uniforms, uniforms.shape, exactly)
    const thousand = named('randint1000')
    check.tensor(`randint1000.${seed}`, fresh().randint(0, 1000, thousand.shape).data)
    const signed = named('randint_m5_6')
    check.tensor(`randint_m5_6.${seed}`, fresh().randint(-5, 6, signed.shape).data)
    const generator = fresh()
    sequence!.forEach((size, k) => check.tensor(`sequence.${seed}.${k}`, generator.randn([size]).data))
  }
  const expected = goldenCase.tensorNames.filter((name) => name.startsWith('expected.')).length
  check.that('every expected tensor compared', check.comparisons.length === expected)
}

export const randomKinds: Record<string, GoldenKind> = { torch_randn: torchRandn, torch_rng: torchRng }
