import type { ImageNode } from '../contract/conversation.ts'
import type { PictureDetails } from '../contract/inference.ts'
import type { OutgoingImage, Part } from '../contract/outgoing.ts'
import type { Operation, Recipe } from '../contract/recipe.ts'
import type { Sentences } from '../language/sentences.ts'
import { wordChanges } from './word-changes.ts'

/** A picture as it is shown; `alt` is the prompt that drew it, or its file's name. */
export const outgoingImage = (
  picture: Pick<
    OutgoingImage,
    'imageId' | 'sha256' | 'mediaType' | 'width' | 'height' | 'recipe' | 'spoiler' | 'sensitive'
  >,
  alt: string,
): OutgoingImage => ({
  imageId: picture.imageId,
  sha256: picture.sha256,
  mediaType: picture.mediaType,
  width: picture.width,
  height: picture.height,
  alt,
  ...(picture.recipe ? { recipe: picture.recipe } : {}),
  ...(picture.spoiler ? { spoiler: true } : {}),
  ...(picture.sensitive ? { sensitive: true } : {}),
})

/** A picture of the thread as it is shown. */
export const nodeImage = ({ replies }: Sentences, node: ImageNode): OutgoingImage =>
  outgoingImage({ ...node, imageId: node.id }, node.recipe?.prompt || (node.name ?? replies.picture))

/** A mask over a picture, as a picture of its size. */
export const maskImage = (
  { replies }: Sentences,
  sha256: string,
  { imageId, width, height }: OutgoingImage,
): OutgoingImage => ({
  imageId: `${imageId}-mask`,
  sha256,
  mediaType: 'image/png',
  width,
  height,
  alt: replies.mask,
})

/** A picture that came of a change, drawn just now or of the thread. */
interface ChangedPicture {
  readonly imageId: string
  readonly sha256: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
  readonly recipe?: Recipe
  readonly sensitive?: boolean
  readonly mask?: { readonly sha256: string }
  readonly details?: Omit<PictureDetails, 'maskPng'>
}

export interface ChangeShown {
  readonly block: number
  readonly operation: Operation
  readonly before: ImageNode
  readonly after?: ChangedPicture | undefined
  readonly source?: string | undefined
  readonly target: string
  readonly maskSha256?: string | undefined
  readonly proposed?: boolean
}

/** How a picture is, was or would be changed. */
export function changePart(sentences: Sentences, shown: ChangeShown): Extract<Part, { type: 'change' }> {
  const { block, operation, before, after, source, target, proposed = false } = shown
  const old = nodeImage(sentences, before)
  const changed = after && outgoingImage(after, target === '' ? old.alt : target)
  const maskSha256 = after?.mask?.sha256 ?? shown.maskSha256
  return {
    type: 'change',
    block,
    operation,
    before: old,
    ...(changed ? { after: changed } : {}),
    ...(source === undefined ? {} : wordChanges(source, target)),
    ...(maskSha256 === undefined ? {} : { mask: maskImage(sentences, maskSha256, changed ?? old) }),
    proposed,
    ...(after?.details ? { details: after.details } : {}),
  }
}
