import type { WirePicture } from '../wire.ts'

type Names = { readonly done: string; readonly proposed: string }

/** What was done to a picture, and what may be done. */
export const operationNames: Readonly<Record<WirePicture['operation'], Names>> = {
  upload: { done: 'Uploaded', proposed: 'Upload' },
  'text-to-image': { done: 'Drawn', proposed: 'Draw this' },
  redo: { done: 'Drawn again', proposed: 'Draw again' },
  variation: { done: 'Variation', proposed: 'Vary it' },
  'image-to-image': { done: 'Restyled', proposed: 'Restyle it so' },
  inpaint: { done: 'Inpainted', proposed: 'Inpaint this part' },
  outpaint: { done: 'Extended', proposed: 'Extend it so' },
  edit: { done: 'Edited', proposed: 'Edit it so' },
  restore: { done: 'Restored', proposed: 'Restore this part' },
}
