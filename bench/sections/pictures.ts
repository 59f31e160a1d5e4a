/** Every picture ability on the embedded models, through the door: what an edit, an inpainting step, a restoration cost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../config/load.ts'
import { composeInference } from '../../src/compose.ts'
import type { GeneratedImage, PictureRequest } from '../../src/contract/inference.ts'
import { encodePng } from '../../src/image/png.ts'
import { noise, report } from '../measure.ts'

const steps = 20
const source = 'a big orange cat in the center, on a green meadow under a blue sky, cartoon style'
const target = 'a big blue cat in the center, on a green meadow under a blue sky, cartoon style'
const cacheDir = mkdtempSync(path.join(tmpdir(), 'llmga-bench-'))
const { config } = loadConfig()
const { inference } = composeInference({ ...config, cacheDir }, pino({ level: 'fatal' }))

interface Run {
  readonly image: GeneratedImage
  readonly ms: number
  /** Mean of the request's own steps. */
  readonly stepMs: number
}

async function run(request: PictureRequest): Promise<Run> {
  const begin = performance.now()
  let image: GeneratedImage | undefined
  let stepMs = Number.NaN
  for await (const event of inference.run({ ...request, previews: false })) {
    if (event.type === 'image') image = event.image
    if (event.type === 'done') stepMs = event.result.timings['stepMs'] ?? stepMs
    if (event.type === 'error') throw new Error(event.error.message)
  }
  return { image: image!, ms: performance.now() - begin, stepMs }
}

/** Medians of runs of two requests, one after the other: the machine's mood meets both alike. */
async function alternate(
  a: (turn: number) => PictureRequest,
  b: (turn: number) => PictureRequest,
  { runs = 5, of = 'ms' }: { runs?: number; of?: 'ms' | 'stepMs' } = {},
) {
  const times: [number[], number[]] = [[], []]
  for (let turn = 0; turn <= runs; turn++)
    for (const [i, request] of [a, b].entries()) {
      const figures = await run(request(turn))
      if (turn > 0) times[i]!.push(figures[of]) // the first loads what it needs
    }
  return times.map((list) => list.sort((x, y) => x - y)[list.length >> 1]!) as [number, number]
}

const plain = (turn: number): PictureRequest => ({ kind: 'text-to-image', prompt: source, seed: turn, steps })

try {
  const { image: drawn } = await run(plain(0))
  // Another picture each time: a kept inversion would flatter the edit.
  const pictures = await Promise.all([0, 1, 2, 3, 4, 5].map((turn) => run(plain(100 + turn))))
  const edit = (turn: number): PictureRequest => ({
    kind: 'edit',
    image: pictures[turn]!.image.png,
    sourcePrompt: source,
    prompt: target,
    seed: 1,
    steps,
    restore: false,
  })
  const [plainMs, editMs] = await alternate(plain, edit)
  const boxes = [{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }]
  const inpaint = (turn: number): PictureRequest => ({
    kind: 'inpaint',
    image: drawn.png,
    mask: { shapes: [{ type: 'boxes', boxes }] },
    prompt: target,
    seed: turn,
    steps,
    restore: false,
  })
  const [drawMs, inpaintMs] = await alternate(plain, inpaint, { of: 'stepMs' })
  const side = 512
  const large = await encodePng({
    width: side,
    height: side,
    data: Uint8Array.from(noise(side * side * 3), (value) => 127 + value * 100),
  })
  const restore = (turn: number): PictureRequest => ({ kind: 'restore', image: large, seed: turn })
  const [, restoreMs] = await alternate(plain, restore, { runs: 3 })
  report([
    { name: `llmga-tiny, text to image, ${steps} steps`, value: plainMs, unit: 'ms' },
    {
      name: `llmga-tiny, edit (inversion + prompt-to-prompt), ${steps} steps`,
      value: editMs,
      unit: 'ms',
      ratio: { to: 'text to image', value: editMs / plainMs },
      goal: '<= 2.2',
    },
    {
      name: 'llmga-tiny, a step of inpainting',
      value: inpaintMs,
      unit: 'ms',
      ratio: { to: 'a step of text to image', value: inpaintMs / drawMs },
      goal: '<= 1.05',
    },
    {
      name: 'DiffRIR of llmga-tiny, x1',
      value: restoreMs / 1000 / ((side * side) / 1e6),
      unit: 's a megapixel',
    },
  ])
} finally {
  await inference.stop()
  rmSync(cacheDir, { recursive: true, force: true })
}
