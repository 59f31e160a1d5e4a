import type { WireControl, WirePart } from '../wire.ts'
import { isToldByChange, picturesOf } from './reply-pictures.ts'

export interface PlacedControls {
  /** The control that edits this prompt. */
  readonly ofPrompt: (prompt: { readonly text: string; readonly block: number }) => WireControl | undefined
  readonly ofImage: (imageId: string) => readonly WireControl[]
  readonly others: readonly WireControl[]
}

/** Puts each control beside what it works on: a form with a prompt's text at that prompt, what names a picture at it. */
export function placeControls(parts: readonly WirePart[]): PlacedControls {
  const controls = parts.flatMap((part) => (part.type === 'controls' ? part.controls : []))
  const prompts = parts.flatMap((part) => (part.type === 'prompt' && !isToldByChange(part.block, parts) ? [part] : []))
  const imageIds = parts.flatMap(picturesOf).map(({ imageId }) => imageId)
  const holds = (control: WireControl, text: string): boolean => promptIn(control) === text
  const edits = (text: string): WireControl[] => controls.filter((control) => holds(control, text))
  const names = (control: WireControl, imageId: string): boolean => control.actionId.split(':').includes(imageId)
  return {
    ofPrompt: ({ text, block }) => edits(text).find(({ actionId }) => actionId.endsWith(`:${block}`)) ?? edits(text)[0],
    ofImage: (imageId) => controls.filter((control) => names(control, imageId)),
    others: controls.filter(
      (control) => !prompts.some(({ text }) => holds(control, text)) && !imageIds.some((id) => names(control, id)),
    ),
  }
}

/** The text of a form that consists of nothing else. */
function promptIn({ fields = [] }: WireControl): string | undefined {
  const [field] = fields
  return fields.length === 1 && field?.type === 'text' ? field.value : undefined
}
