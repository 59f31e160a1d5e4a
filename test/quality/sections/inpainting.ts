/** Inpainting of held-out pictures: kept pixels, likeness to what was there, and the seam before and after restoration. */
import type { GeneratedImage, Inference } from '../../../src/contract/inference.ts'
import { captionOf, draw } from '../models.ts'
import { parseCaption, changedFactors } from '../captions.ts'
import { pixelsOf, psnr, readEvalBytes, readEvalJson } from '../pictures.ts'
import { mean, share, type Table } from '../score.ts'

interface InpaintCase {
  readonly image: string
  readonly mask: string
  readonly kind: string
  readonly source_caption: string
  readonly caption: string
}

const fixed = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : 'equal')

export async function inpainting(inference: Inference): Promise<readonly Table[]> {
  const rows: string[][] = []
  const seams: { before: number[]; after: number[] } = { before: [], after: [] }
  for (const one of readEvalJson<readonly InpaintCase[]>('inpaint/inpaint.json')) {
    const [image, mask] = [readEvalBytes(`inpaint/${one.image}`), readEvalBytes(`inpaint/${one.mask}`)]
    const ask = (restore: boolean) =>
      draw(inference, {
        kind: 'inpaint',
        image,
        mask: { shapes: [{ type: 'image', image: mask }] },
        prompt: one.caption,
        seed: 1,
        restore,
      })
    const [plain, restored] = [await ask(false), await ask(true)]
    const seam = restored.details?.seam
    if (seam) {
      seams.before.push(sumOf(seam.before))
      seams.after.push(sumOf(seam.after))
    }
    rows.push(await rowOf(inference, one, plain, restored))
  }
  const note = `Caption: all factors that the language model reads from the result are those of the prompt. PSNR inside the mask where the picture itself is the aim. Sum of the three seam steps over all cases: before ${fixed(mean(seams.before))}, after restoration ${fixed(mean(seams.after))}.`
  return [
    {
      title: 'Inpainting and outpainting masks',
      note,
      header: [
        'case',
        'kept pixels',
        'caption',
        'PSNR drawn',
        'PSNR restored',
        'seam mean',
        'seam deviation',
        'seam gradient',
      ],
      rows,
    },
  ]
}

const sumOf = (step: { mean: number; deviation: number; gradient: number }) =>
  step.mean + step.deviation + step.gradient

async function rowOf(inference: Inference, one: InpaintCase, plain: GeneratedImage, restored: GeneratedImage) {
  const [before, first, second] = [
    await pixelsOf(readEvalBytes(`inpaint/${one.image}`)),
    await pixelsOf(plain.png),
    await pixelsOf(restored.png),
  ]
  const mask = await pixelsOf(readEvalBytes(`inpaint/${one.mask}`))
  const region = Uint8Array.from({ length: mask.width * mask.height }, (_, i) => Number(mask.data[3 * i]! >= 125))
  const seen = parseCaption(await captionOf(inference, restored.png))
  const right = seen !== undefined && changedFactors(seen, parseCaption(one.caption)!).length === 0
  const isAim = one.source_caption === one.caption
  const seam = restored.details?.seam
  const step = (name: 'mean' | 'deviation' | 'gradient') =>
    seam ? `${fixed(seam.before[name])} → ${fixed(seam.after[name])}` : ''
  return [
    `${one.kind} ${one.image[0]}`,
    fixed(psnr(before, second, region, 0)),
    share(Number(right)),
    isAim ? fixed(psnr(before, first, region)) : '',
    isAim ? fixed(psnr(before, second, region)) : '',
    step('mean'),
    step('deviation'),
    step('gradient'),
  ]
}
