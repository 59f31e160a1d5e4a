import type { StoredMask } from '../contract/job.ts'
import { kindOfFile } from './model-pictures.ts'
import type { Upload } from './uploads.ts'

/** The files of a message: pictures, and the mask that one of them is or holds. */
export interface SortedFiles {
  readonly pictures: readonly Upload[]
  /** A file that is white where the picture is to be drawn anew. */
  readonly mask?: Upload
  /** The picture's own transparent parts are its mask. */
  readonly transparent?: StoredMask
}

/**
 * Tells pictures from masks. The last of several files is a mask when it is black and white; a single one is when there
 * is a picture that it can belong to. A picture with transparent parts brings its mask itself.
 */
export async function sortFiles(
  uploads: readonly Upload[],
  { hasPicture }: { readonly hasPicture: boolean },
): Promise<SortedFiles> {
  const last = uploads.at(-1)
  if (!last) return { pictures: uploads }
  const canBeMask = hasPicture || uploads.length > 1
  if (canBeMask && (await kindOfFile(last.bytes)) === 'mask') return { pictures: uploads.slice(0, -1), mask: last }
  const isTransparent = uploads.length === 1 && (await kindOfFile(last.bytes)) === 'transparent'
  return isTransparent ? { pictures: uploads, transparent: { shapes: [{ type: 'alpha' }] } } : { pictures: uploads }
}
