import { describe, expect, it } from 'vitest'
import { Graph } from '../../src/graph/graph.ts'
import { fitToProvider, type Provider } from '../../src/graph/provider-variants.ts'
import { cpu, expectClose, random } from './compute.ts'

const [query, key, value, bias] = [
  random([2, 7, 12], 1),
  random([2, 5, 12], 2),
  random([2, 5, 12], 3),
  random([7, 5], 4),
]

function attention(provider: Provider, isBiased: boolean): Graph {
  const g = new Graph('test')
  const parts = [g.input('q', 'float32', [2, 's', 12]), ...['k', 'v'].map((n) => g.input(n, 'float32', [2, 't', 12]))]
  const extra = isBiased ? [undefined, undefined, g.constant(bias.data, [1, 1, 7, 5])] : []
  const attributes = { num_heads: { int: 3 } }
  g.output('y', g.node('MultiHeadAttention', [...parts, ...extra], parts[0]!, { domain: 'com.microsoft', attributes }))
  fitToProvider(g, provider)
  return g
}

async function run(g: Graph) {
  const session = await cpu.load(g)
  const { y } = await session.run({ q: query, k: key, v: value })
  await session.release()
  return y!
}

describe('what an operator becomes on a provider', () => {
  it.each([true, false])('attention as products gives what the operator gives (with a bias: %s)', async (isBiased) => {
    const products = attention('webgpu', isBiased)
    expect(products.nodes.map(({ op }) => op)).not.toContain('MultiHeadAttention')
    const right = await run(attention('cpu', isBiased))
    expectClose(await run(products), right.data as Float32Array)
  })

  it('leaves a graph alone where the operator is right, and one that was rewritten before', () => {
    expect(attention('cuda', true).nodes.map(({ op }) => op)).toEqual(['MultiHeadAttention', 'Identity'])
    const g = attention('webgpu', true)
    const before = [...g.nodes]
    fitToProvider(g, 'webgpu')
    expect(g.nodes).toEqual(before)
  })

  it('says so when it is given an attention that it has no products for', () => {
    const g = new Graph('test')
    const x = g.input('x', 'float32', [1, 't', 4])
    g.output('y', g.node('MultiHeadAttention', [x, x, x, x], x, { attributes: { num_heads: { int: 1 } } }))
    expect(() => fitToProvider(g, 'webgpu')).toThrow(/no form as products/)
  })
})
