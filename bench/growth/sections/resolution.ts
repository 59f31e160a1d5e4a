/** Pictures of 256 to 1024 pixels a side: UNet step and decode through the door; the decoder whole and in tiles. */
import { fileURLToPath } from 'node:url'
import { openAutoencoder } from '../../../src/families/stable-diffusion/autoencoder.ts'
import { defaultVaeTiles } from '../../../src/families/stable-diffusion/vae-tiles.ts'
import { createRuntime } from '../../../src/runtime/runtime.ts'
import { float32 } from '../../../src/tensor/tensor.ts'
import { mebibytes, memoryOf, noise, timed } from '../../measure.ts'
import { panelOf, reportCurves } from '../curve.ts'
import { forgetPeak, resultOf, withModels, workerPid } from '../door.ts'

const sides = [256, 384, 512, 640, 768, 896, 1024]
const prompt = 'a big red fox in the center, in the snow under a grey sky, cartoon style'

/** Side, seconds of a step and of the decode, and the worker's peak in MiB; each side once, after one to warm up. */
const pictures = () =>
  withModels(async (inference) => {
    const draw = (side: number) =>
      resultOf(inference, {
        kind: 'text-to-image',
        prompt,
        seed: 1,
        steps: 3,
        width: side,
        height: side,
        previews: false,
      })
    await draw(128)
    const rows: number[][] = []
    for (const side of sides) {
      forgetPeak(workerPid())
      const { timings } = await draw(side)
      rows.push([side, timings['stepMs']! / 1000, timings['decodeMs']! / 1000, mebibytes(memoryOf(workerPid()).peak)])
    }
    return rows
  })

const folder = fileURLToPath(new URL('../../../models/llmga-tiny/sd-t2i/vae', import.meta.url))

/** Seconds and peak MiB of decoding each side, whole or in tiles. */
async function decodes(tiles: typeof defaultVaeTiles): Promise<[number, number][]> {
  const vae = openAutoencoder(folder, await createRuntime({ device: 'cpu' }), { tiles })
  const rows: [number, number][] = []
  for (const side of sides) {
    const cells = side / vae.scale
    const { latent_channels: channels } = vae.config
    const latents = float32(noise(channels * cells * cells), [1, channels, cells, cells])
    forgetPeak('self')
    const [, ms] = await timed(() => vae.decode(latents))
    rows.push([ms / 1000, mebibytes(memoryOf().peak)])
  }
  return rows
}

const drawn = await pictures()
// Tiles first: what the whole decodes leave in the allocator is not counted with them.
const tiled = await decodes({ ...defaultVaeTiles, wholeLatents: 0 })
const whole = await decodes({ ...defaultVaeTiles, wholeLatents: Infinity })
const rows = drawn.map((row, i) => [...row, ...whole[i]!, ...tiled[i]!])
const x = { xLabel: 'pixels a side' }
reportCurves([
  {
    name: 'resolution',
    columns: [
      'side, pixels',
      'UNet step, s',
      'decode, s',
      'worker, peak MiB',
      'decoder alone, whole: s',
      'peak MiB',
      'in tiles: s',
      'peak MiB',
    ],
    rows,
    panels: [
      panelOf({ rows }, { title: 'Time', yLabel: 'seconds', ...x, lines: { 'UNet step': 1, decode: 2 } }),
      panelOf(
        { rows },
        { title: "Memory of the decoder's process", yLabel: 'peak, MiB', ...x, lines: { whole: 5, 'in tiles': 7 } },
      ),
    ],
  },
])
