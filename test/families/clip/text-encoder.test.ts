import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadClipTextEncoder, pooledPosition } from '../../../src/families/clip/text-encoder.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'

const encoderFolder = path.resolve('models/llmga-tiny/sd-t2i/text_encoder')
const runtime = await createRuntime({ device: 'cpu' })

/** A copy of the embedded encoder whose config or weights differ. */
function altered(change: { config?: Record<string, unknown>; rename?: (name: string) => string }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clip-'))
  const config = JSON.parse(readFileSync(path.join(encoderFolder, 'config.json'), 'utf8')) as object
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...config, ...change.config }))
  const bytes = readFileSync(path.join(encoderFolder, 'model.safetensors'))
  const length = Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>
  const rename = change.rename ?? ((name: string) => name)
  const renamed = JSON.stringify(Object.fromEntries(Object.entries(header).map(([k, v]) => [rename(k), v])))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(renamed)))
  writeFileSync(
    path.join(folder, 'model.safetensors'),
    Buffer.concat([size, Buffer.from(renamed), bytes.subarray(8 + length)]),
  )
  return folder
}

describe('the CLIP text encoder', () => {
  const rows = [
    [839, 5, 17, 300, 840, 840],
    [839, 44, 840, 840, 840, 840],
  ]

  it('gives a row the same features alone as in a batch', async () => {
    const encoder = await loadClipTextEncoder(encoderFolder, runtime)
    const both = await encoder.encode(rows)
    const second = await encoder.encode([rows[1]!])
    const width = encoder.config.hidden_size
    expect(both.lastHiddenState.shape).toEqual([2, 6, width])
    const difference = second.lastHiddenState.data.map((v, i) => v - both.lastHiddenState.data[6 * width + i]!)
    expect(Math.max(...difference.map(Math.abs))).toBeLessThan(1e-5)
    await encoder.release()
  })

  it('reads files with and without the text_model prefix alike', async () => {
    const strip = (name: string) => name.replace(/^text_model\./, '')
    const prefixed = (name: string) => (name === '__metadata__' ? name : `text_model.${strip(name)}`)
    const [a, b] = await Promise.all(
      [strip, prefixed].map(async (rename) => {
        const encoder = await loadClipTextEncoder(altered({ rename }), runtime)
        return encoder.encode(rows)
      }),
    )
    expect(a!.lastHiddenState.data).toEqual(b!.lastHiddenState.data)
  })

  it('skips layers from the end and refuses to skip all of them', async () => {
    const encoder = await loadClipTextEncoder(encoderFolder, runtime)
    const plain = await encoder.encode(rows)
    const skipped = await encoder.encode(rows, { clipSkip: 1 })
    expect(skipped.lastHiddenState.data).not.toEqual(plain.lastHiddenState.data)
    expect(skipped.pooled.data).toEqual(plain.pooled.data)
    await expect(encoder.encode(rows, { clipSkip: 3 })).rejects.toMatchObject({ code: 'input/invalid-option' })
  })

  it('refuses more tokens than it has positions', async () => {
    const encoder = await loadClipTextEncoder(encoderFolder, runtime)
    await expect(encoder.encode([new Array<number>(78).fill(5)])).rejects.toMatchObject({ code: 'input/too-long' })
  })

  it.each([
    ['another model type', { model_type: 'siglip_text_model' }, 'model/unsupported', /model_type/],
    ['an unknown activation', { hidden_act: 'xielu' }, 'model/unsupported', /hidden_act/],
    ['a width that the file does not have', { hidden_size: 64 }, 'weights/shape-mismatch', /token_embedding/],
    ['a layer that the file does not have', { num_hidden_layers: 4 }, 'weights/missing', /layers\.3\./],
  ])('names what is wrong with %s', async (_, config, code, message) => {
    const loading = loadClipTextEncoder(altered({ config }), runtime)
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})

describe('the pooled position', () => {
  it.each([
    ['the first EOS', [7, 3, 9, 9], 9, 2],
    ['the largest id where the config says 2, as old ones do', [7, 3, 12, 9, 12], 2, 2],
    ['the start without any EOS', [7, 3], 9, 0],
  ])('is %s', (_, row, eos, position) => expect(pooledPosition(row, eos)).toBe(position))
})
