/** `node --import tsx test/docs/draw-pictures.ts [NAME]`: the pictures of docs/abilities, drawn by the embedded models. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { GeneratedImage, MaskShape, PictureRequest } from '../../src/contract/inference.ts'
import { encodePng } from '../../src/image/png.ts'
import { resizeRgb } from '../../src/image/resize.ts'
import type { RgbImage } from '../../src/image/rgb-image.ts'
import { draw, openModels } from '../quality/models.ts'
import { pixelsOf } from '../quality/pictures.ts'

const folder = path.join(import.meta.dirname, '../../docs/abilities')
const gap = 8
const { inference } = openModels()
const ask = (request: PictureRequest): Promise<GeneratedImage> => draw(inference, request)

/** Pictures side by side on white, all as high as the first one. */
async function strip(name: string, pictures: readonly Uint8Array[]): Promise<void> {
  const decoded = await Promise.all(pictures.map(pixelsOf))
  const height = decoded[0]!.height
  const row = decoded.map((one) =>
    one.height === height ? one : resizeRgb(one, Math.round((one.width * height) / one.height), height, 'lanczos'),
  )
  const width = row.reduce((sum, one) => sum + one.width + gap, -gap)
  const data = new Uint8Array(width * height * 3).fill(255)
  let left = 0
  for (const one of row) {
    copyInto({ width, height, data }, one, left)
    left += one.width + gap
  }
  writeFileSync(path.join(folder, `${name}.png`), await encodePng({ width, height, data }))
}

function copyInto(target: RgbImage, picture: RgbImage, left: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3)
    target.data.set(row, (y * target.width + left) * 3)
  }
}

const cat = 'a big orange cat in the center, on a green meadow under a blue sky, cartoon style'
const car = 'a big red car in the center, on a city street with tall buildings, cartoon style'
const elephant = 'a big grey elephant in the center, in a desert with sand dunes, cartoon style'
const t2i = (prompt: string, seed = 1, more: object = {}): PictureRequest => ({ kind: 'text-to-image', prompt, seed, ...more })

const chapters: Readonly<Record<string, () => Promise<void>>> = {
  async 'text-to-image'() {
    const prompts = [cat, car, 'a small yellow star on the left, on dark hills under a starry night sky, cartoon style']
    await strip('text-to-image', await Promise.all(prompts.map(async (prompt) => (await ask(t2i(prompt))).png)))
  },
  async 'image-to-image'() {
    const { png: image } = await ask(t2i(cat))
    const prompt = cat.replace('a green meadow under a blue sky', 'a sandy beach by the sea')
    const pictures = [image]
    for (const strength of [0.3, 0.6, 0.9])
      pictures.push((await ask({ kind: 'image-to-image', image, prompt, strength, seed: 3 })).png)
    await strip('image-to-image', pictures)
  },
  async inpaint() {
    const { png: image } = await ask(t2i(car))
    const shapes: readonly MaskShape[] = [{ type: 'boxes', boxes: [{ x: 0.2, y: 0.3, width: 0.6, height: 0.6 }] }]
    const prompt = car.replace('red car', 'yellow bus')
    const result = await ask({ kind: 'inpaint', image, mask: { shapes }, prompt, seed: 2 })
    await strip('inpaint', [image, result.details!.maskPng!, result.png])
  },
  async outpaint() {
    const { png: image } = await ask(t2i(cat))
    const sides = { left: 0, top: 0, right: 64, bottom: 0 }
    const right = await ask({ kind: 'outpaint', image, sides, prompt: cat, seed: 2 })
    await strip('outpaint', [image, right.png])
  },
  async edit() {
    const edits = [
      [cat, cat.replace('orange', 'blue')],
      [elephant, elephant.replace('elephant in', 'elephant wearing a crown in')],
      [car, car.replace('red', 'green')],
    ] as const
    const pictures: Uint8Array[] = []
    for (const [sourcePrompt, prompt] of edits) {
      const { png: image } = await ask(t2i(sourcePrompt))
      const result = await ask({ kind: 'edit', image, sourcePrompt, prompt, seed: 1 })
      pictures.push(image, ...(result.details?.maskPng ? [result.details.maskPng] : []), result.png)
    }
    await strip('edit', pictures)
  },
  async subject() {
    const { png: image } = await ask(t2i(cat.replace('orange', 'blue')))
    const beach = await ask(t2i('it on the beach', 2, { subject: { image, scale: 1 } }))
    const night = await ask(t2i('it at night', 2, { subject: { image, scale: 1 } }))
    const lora = await ask(t2i(`${car}, blueprint sketch`, 1, { loras: [{ name: 'blueprint', weight: 1 }] }))
    const control = await ask(t2i(cat.replace('orange cat', 'purple cat'), 5, { control: { image } }))
    await strip('subject', [image, beach.png, night.png, control.png, lora.png])
  },
}

const [, , only] = process.argv
for (const [name, chapter] of Object.entries(chapters)) {
  if (only !== undefined && only !== name) continue
  await chapter()
  process.stdout.write(`${name}\n`)
}
await inference.stop()
