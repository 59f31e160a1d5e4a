import type { Tokenizer } from './tokenizer.ts'

/** LLaVA's IMAGE_TOKEN_INDEX: stands in a list of ids for all the features of one image. */
export const imageTokenIndex = -200

/** What stands for an image in a prompt. */
export const imageToken = '<image>'

/**
 * Ids of a prompt with images, `imageTokenIndex` at each. A tokenizer that knows the image token (transformers' LLaVA)
 * encodes the prompt as one text. With any other it is done as LLaVA's tokenizer_image_token does: the texts between the
 * image tokens are tokenised separately, and of the BOS that each text gets only the first is kept.
 */
export function tokenizeWithImages(
  tokenizer: Pick<Tokenizer, 'encode' | 'bosTokenId' | 'tokenId'>,
  prompt: string,
): number[] {
  const imageId = tokenizer.tokenId(imageToken)
  if (imageId !== undefined) return tokenizer.encode(prompt).map((id) => (id === imageId ? imageTokenIndex : id))
  const texts = prompt.split(imageToken).map((text) => tokenizer.encode(text))
  const hasBos = texts[0]?.[0] !== undefined && texts[0][0] === tokenizer.bosTokenId
  return texts.flatMap((ids, i) => (i === 0 ? ids : [imageTokenIndex, ...ids.slice(hasBos ? 1 : 0)]))
}
