import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../src/image/decode.ts'
import { textToImage } from '../../src/pipelines/text-to-image.ts'
import { draw, model, quick, watched } from './drawing.ts'

describe('while a picture is drawn', () => {
  it('a cancel ends it before the next step', async () => {
    const { with: asked, seen } = watched()
    await expect(draw({ steps: 10 }, { with: asked, abortAfter: 3 })).rejects.toMatchObject({
      code: 'inference/cancelled',
    })
    expect(seen).toHaveLength(3)
  })

  it('a cancel after the last step ends it before it is decoded', async () => {
    let decoded = 0
    const { pipeline } = model
    const decode = (...given: Parameters<typeof pipeline.autoencoder.decode>) => {
      decoded++
      return pipeline.autoencoder.decode(...given)
    }
    const asked = { ...model, pipeline: { ...pipeline, autoencoder: { ...pipeline.autoencoder, decode } } }
    const drawing = draw({ steps: 3, previews: false }, { with: asked, abortAfter: 3 })
    await expect(drawing).rejects.toMatchObject({ code: 'inference/cancelled' })
    expect(decoded).toBe(0)
  })

  it('it waits for a turn before every native run', async () => {
    let turns = 0
    const running = textToImage(quick, model, { signal: new AbortController().signal, turn: async () => void turns++ })
    for (let next = await running.next(); !next.done; next = await running.next());
    expect(turns).toBe(1 + 3 + 1) // the prompt, three steps, decoding
  })

  it('small previews are shown, unless they are not wanted', async () => {
    const { steps, images } = await draw({ steps: 5, width: 128, height: 128 })
    const previews = steps.flatMap(({ preview }) => (preview ? [preview] : []))
    expect(previews.length).toBeGreaterThan(0)
    expect(steps.at(-1)!.preview).toBeUndefined() // the picture itself is next
    for (const { bytes, mediaType } of previews) {
      expect(mediaType).toBe('image/jpeg')
      expect(bytes.length).toBeLessThan(images[0]!.png.length)
      const shown = await decodeImage(bytes, { limits: { maxBytes: 20_000, maxPixels: 128 * 128 } })
      expect(shown.info.format).toBe('jpeg')
      expect([shown.width, shown.height]).toEqual([128, 128])
    }
    expect((await draw({ previews: false })).steps.every(({ preview }) => preview === undefined)).toBe(true)
  })

  it('previews change nothing in the picture', async () => {
    const [shown, silent] = [await draw({ steps: 5 }), await draw({ steps: 5, previews: false })]
    expect(Buffer.compare(shown.images[0]!.png, silent.images[0]!.png)).toBe(0)
  })

  it('what is left is estimated, and falls', async () => {
    const { steps, result } = await draw({ steps: 16, count: 2, previews: false })
    expect(steps).toHaveLength(32)
    const left = [0, 10, 20, 31].map((i) => steps[i]!.remainingMs!)
    for (const [i, value] of left.slice(1).entries()) expect(value).toBeLessThan(left[i]!)
    expect(left.at(-1)).toBeGreaterThan(0)
    const elapsed = steps.map(({ elapsedMs }) => elapsedMs)
    expect(elapsed).toEqual([...elapsed].sort((a, b) => a - b))
    expect(steps.every(({ stepMs }) => stepMs > 0)).toBe(true)
    expect(Object.keys(result.timings).sort()).toEqual(['decodeMs', 'encodeMs', 'stepMs', 'totalMs'])
    expect(result.timings['totalMs']).toBeGreaterThan(elapsed.at(-1)!)
  })
})
