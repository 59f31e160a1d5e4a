import type { WireImage, WirePart } from '../wire.ts'

/** Pictures that a part shows as its own. */
export function picturesOf(part: WirePart): readonly WireImage[] {
  if (part.type === 'images') return part.images
  return part.type === 'change' && part.after !== undefined ? [part.after] : []
}

/** The images of a part that no change beside it shows already, before and after. */
export function undepicted(images: readonly WireImage[], parts: readonly WirePart[]): readonly WireImage[] {
  const shown = parts.flatMap((part) => (part.type === 'change' ? picturesOf(part) : [])).map(({ imageId }) => imageId)
  return images.filter(({ imageId }) => !shown.includes(imageId))
}

/** Whether a change beside it tells the prompt already, with its changed words marked. */
export const isToldByChange = (block: number, parts: readonly WirePart[]): boolean =>
  parts.some((part) => part.type === 'change' && part.block === block && part.target !== undefined)
