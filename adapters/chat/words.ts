import type { DrawingProgress, OutgoingMessage, Part, Progress } from '../../src/contract/outgoing.ts'
import type { Sentences } from '../../src/language/sentences.ts'
import type { Words } from './screen.ts'

type ChangePart = Extract<Part, { type: 'change' }>

/** What of a reply is read, in order. */
export function wordsOf({ parts }: OutgoingMessage, sentences: Sentences): readonly Words[] {
  return parts
    .flatMap((part) => wordsOfPart(part, parts, sentences))
    .filter(({ type, ...words }) => type === 'changed' || ('text' in words && words.text.trim() !== ''))
}

function wordsOfPart(part: Part, parts: readonly Part[], sentences: Sentences): readonly Words[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'said', text: part.text }]
    case 'prompt':
      return isToldByChange(part.block, parts) ? [] : [{ type: 'quote', text: part.text }]
    case 'change':
      return changedWords(part, sentences)
    case 'progress':
      return [{ type: 'progress', text: progressLine(part.progress, sentences) }]
    case 'route':
      return [{ type: 'notice', text: sentences.chat.understoodAs(part.chosen) }]
    case 'notice':
      return [{ type: 'notice', text: part.text }]
    case 'error':
      return [{ type: part.error.code === 'inference/cancelled' ? 'notice' : 'problem', text: part.sentence }]
    case 'images':
    case 'file':
    case 'controls':
      return []
  }
}

/** A change beside it shows the prompt, with the changed words marked. */
const isToldByChange = (block: number, parts: readonly Part[]): boolean =>
  parts.some((part) => part.type === 'change' && part.block === block && part.target !== undefined)

function changedWords({ source, target }: ChangePart, { chat }: Sentences): readonly Words[] {
  return [
    ...(source ? [{ type: 'changed', label: chat.promptBefore, words: source } as const] : []),
    ...(target ? [{ type: 'changed', label: chat.promptAfter, words: target } as const] : []),
  ]
}

/** How it goes on, in one line: "Drawing, step 5 of 20 · 3 s · about 9 s left". */
export function progressLine(progress: Progress, { progress: said }: Sentences): string {
  if (progress.phase === 'queued') return said.queued(progress.position)
  if (progress.phase === 'thinking') return said.thinking
  return drawingLine(progress, said)
}

function drawingLine(progress: DrawingProgress, said: Sentences['progress']): string {
  const { image, images, step, steps, elapsedMs, remainingMs } = progress
  if (step === 0) return said.gettingReady
  return [
    said.drawing(step, steps),
    ...(images > 1 ? [said.ofPictures(image + 1, images)] : []),
    said.elapsed(seconds(elapsedMs)),
    ...(remainingMs === undefined ? [] : [said.remaining(seconds(remainingMs))]),
  ].join(' · ')
}

const seconds = (ms: number): number => Math.max(1, Math.round(ms / 1000))
