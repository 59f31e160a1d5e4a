import type { Control } from '../../../src/contract/outgoing.ts'
import type { WirePart } from '../wire.ts'

export interface PlacedControls {
  /** The control that edits this prompt. */
  readonly ofPrompt: (prompt: { readonly text: string; readonly block: number }) => Control | undefined
  readonly ofImage: (imageId: string) => readonly Control[]
  readonly others: readonly Control[]
}

/** Puts each control beside what it works on: a form with a prompt's text at that prompt, what names a picture at it. */
export function placeControls(parts: readonly WirePart[]): PlacedControls {
  const controls = parts.flatMap((part) => (part.type === 'controls' ? part.controls : []))
  const prompts = parts.flatMap((part) => (part.type === 'prompt' ? [part] : []))
  const imageIds = parts.flatMap((part) => (part.type === 'images' ? part.images.map((image) => image.imageId) : []))
  const edits = (text: string): Control[] => controls.filter((control) => control.field?.value === text)
  const names = (control: Control, imageId: string): boolean => control.actionId.split(':').includes(imageId)
  return {
    ofPrompt: ({ text, block }) => edits(text).find(({ actionId }) => actionId.endsWith(`:${block}`)) ?? edits(text)[0],
    ofImage: (imageId) => controls.filter((control) => names(control, imageId)),
    others: controls.filter(
      (control) =>
        !prompts.some(({ text }) => control.field?.value === text) && !imageIds.some((id) => names(control, id)),
    ),
  }
}
