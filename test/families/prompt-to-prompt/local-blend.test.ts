import { describe, expect, it } from 'vitest'
import { mapSize } from '../../../src/families/prompt-to-prompt/attention-calls.ts'
import { averageMaps, blendLatents, blendMask } from '../../../src/families/prompt-to-prompt/local-blend.ts'

const spot = (size: number, at: number, value = 1) =>
  Float32Array.from({ length: size }, (_, i) => (i === at ? value : 0))

describe('a local blend', () => {
  it('widens each size by one place, brings it to the latents and weighs it by its heads', () => {
    const maps = [
      { height: 4, width: 6, heads: 1, source: spot(24, 0), target: spot(24, 23) },
      { height: 2, width: 3, heads: 3, source: spot(6, 0), target: spot(6, 5) },
    ]
    const { source, target } = averageMaps(maps, { height: 4, width: 6 })
    expect(source[0]).toBe(1) // both
    expect(source[2]).toBe(0.75) // only the coarse one reaches
    expect(source[3]).toBe(0.75)
    expect(source[4]).toBe(0)
    expect(target[23]).toBe(1)
  })

  it('lets the target change where the source has its words, too', () => {
    const average = { source: spot(4, 0), target: spot(4, 3) }
    const mask = blendMask(average, 0.3)
    expect([[...mask.source], [...mask.target]]).toEqual([
      [1, 0, 0, 0],
      [1, 0, 0, 1],
    ])
  })

  it('lets nothing change where no words were asked for', () => {
    const nothing = new Float32Array(4)
    expect([...blendMask({ source: nothing, target: nothing }, 0.3).target]).toEqual([0, 0, 0, 0])
  })

  it('takes the source where the mask is 0', () => {
    const [source, target] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)]
    expect([...blendLatents(source, target, Float32Array.of(1, 0))]).toEqual([5, 2, 7, 4])
  })
})

describe('sizes of maps', () => {
  it.each([
    [1, 17, 9],
    [0, 17, 8],
  ])('with downsample_padding %d round %d to %d', (padding, from, to) => {
    const config = { file: { downsample_padding: padding } } as Parameters<typeof mapSize>[2]
    expect(mapSize({ height: from, width: 64 }, { halvings: 1 }, config)).toEqual({ height: to, width: 32 })
  })
})
