import type { OutgoingImage, Part } from '../../src/contract/outgoing.ts'
import type { ScreenPicture } from './screen.ts'

type ChangePart = Extract<Part, { type: 'change' }>

/**
 * The pictures of a reply in order: those that are finished, the newest preview of one that is being drawn, and what a
 * change was or would be made from, with its mask as a veil.
 */
export function picturesOf(parts: readonly Part[]): readonly ScreenPicture[] {
  const finished = parts.flatMap((part) => (part.type === 'images' ? part.images.map((image) => stored(image)) : []))
  return [...finished, ...parts.flatMap((part) => (part.type === 'change' ? changed(part) : [])), ...previewOf(parts)]
}

const stored = (image: OutgoingImage, veilSha256?: string): ScreenPicture => ({
  id: veilSha256 === undefined ? image.sha256 : `${image.sha256}+${veilSha256}`,
  source: { sha256: image.sha256, imageId: image.imageId, ...(veilSha256 === undefined ? {} : { veilSha256 }) },
  alt: image.alt,
  spoiler: image.spoiler === true,
  sensitive: image.sensitive === true,
})

/** Where a change was made, or would be. A picture without a mask is shown by its prompt alone. */
const changed = ({ before, mask }: ChangePart): readonly ScreenPicture[] =>
  mask ? [stored({ ...before, alt: mask.alt }, mask.sha256)] : []

function previewOf(parts: readonly Part[]): readonly ScreenPicture[] {
  const drawing = parts.findLast((part) => part.type === 'progress' && part.progress.phase === 'drawing')
  if (drawing?.type !== 'progress' || drawing.progress.phase !== 'drawing') return []
  const { preview, image, step, block } = drawing.progress
  if (!preview) return []
  return [
    {
      id: `preview-${block}-${image}-${step}`,
      source: preview,
      alt: '',
      spoiler: false,
      sensitive: false,
    },
  ]
}
