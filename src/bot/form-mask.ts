import type { ImageNode } from '../contract/conversation.ts'
import type { IncomingAction } from '../contract/incoming.ts'
import type { StoredMask } from '../contract/job.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { refuse } from '../language/refuse.ts'
import type { MarkedPart } from './accept.ts'
import { loadBlob, type BotContext } from './context.ts'
import { maskField } from './controls.ts'
import { noMask } from './missing.ts'
import { checkMask } from './model-pictures.ts'
import { drawnMask, loadMask, parseBoxes, parseCells, parseMaskJson } from './stored-mask.ts'

/** A mask that a form brought: as a file, or as shapes. */
export interface FormMask {
  readonly mask: StoredMask
  readonly marked?: MarkedPart
}

/**
 * The mask of a form over `image`: a PNG among the files, shapes as JSON, boxes or cells. Throws AppError `input/empty`
 * without one or for one that marks nothing, `input/invalid-option`, `image/*`.
 */
export async function markedMask(context: BotContext, action: IncomingAction, image: ImageNode): Promise<FormMask> {
  const file = action.files?.[maskField]
  const form = file ? await fileMask(context, image.id, file) : { mask: shapesOf(action.values[maskField] ?? '') }
  const load = async (sha256: string) => (file && sha256 === sha256Of(file) ? file : loadBlob(context.stores, sha256))
  await checkMask(await loadMask(form.mask, load), await loadBlob(context.stores, image.sha256))
  return form
}

async function fileMask({ checkImage, limits }: BotContext, imageId: string, bytes: Uint8Array): Promise<FormMask> {
  if (bytes.length > limits.attachmentBytes)
    throw refuse('image/too-large', 'maskTooLarge', { size: bytes.length, limit: limits.attachmentBytes })
  await checkImage(bytes)
  return { mask: drawnMask(sha256Of(bytes)), marked: { imageId, bytes } }
}

function shapesOf(value: string): StoredMask {
  if (value.trim() === '') throw noMask()
  const shape = parseBoxes(value) ?? parseCells(value)
  return shape ? { shapes: [shape] } : parseMaskJson(value)
}
