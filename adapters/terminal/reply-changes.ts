import type { AppErrorData } from '../../src/contract/errors.ts'
import type { JobState } from '../../src/contract/job.ts'
import type { Control, OutgoingImage, OutgoingMessage, Part, Progress } from '../../src/contract/outgoing.ts'

export type ChangePart = Extract<Part, { type: 'change' }>
export type FilePart = Extract<Part, { type: 'file' }>

/** What is new in a reply. A terminal cannot take words back, so states become a stream of these. */
export type ReplyChange =
  /** Words after those shown before; `restart` where they replace them (the job began anew). */
  | { readonly type: 'text'; readonly text: string; readonly restart: boolean }
  | { readonly type: 'prompt'; readonly block: number; readonly text: string; readonly restart: boolean }
  /** `talking`: words of this reply are still being written. */
  | { readonly type: 'progress'; readonly progress: Progress; readonly talking: boolean }
  | { readonly type: 'image'; readonly block: number; readonly image: OutgoingImage; readonly talking: boolean }
  /** How a picture is or would be changed: both prompts with the words that differ, the mask, the figures. */
  | { readonly type: 'change'; readonly change: ChangePart }
  | { readonly type: 'file'; readonly file: FilePart }
  /** How the person's words were understood. */
  | { readonly type: 'route'; readonly chosen: string }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'error'; readonly error: AppErrorData; readonly sentence: string }
  /** The reply is final; these controls stay with it. */
  | { readonly type: 'end'; readonly state: JobState; readonly controls: readonly Control[] }

/** What turns the state `before` of a reply into `after`, in the order of its parts. Nothing once `before` is final. */
export function replyChanges(before: OutgoingMessage | undefined, after: OutgoingMessage): ReplyChange[] {
  if (before?.final) return []
  const shown = new Map(before ? identified(before.parts) : [])
  const talking = after.parts.some((part) => 'streaming' in part && part.streaming)
  const changes = identified(after.parts).flatMap(([id, part]) => partChanges(shown.get(id), part, talking))
  if (!after.final) return changes
  return [...changes, { type: 'end', state: after.state, controls: controlsOf(after) }]
}

/** All controls of a reply, those for other routes last. */
export function controlsOf({ parts }: OutgoingMessage): readonly Control[] {
  const of = (type: 'controls' | 'route') => parts.flatMap((part) => (part.type === type ? part.controls : []))
  return [...of('controls'), ...of('route')]
}

/** Parts by what they stay the same through: progress comes and goes, so a place in the list says nothing. */
function identified(parts: readonly Part[]): [id: string, part: Part][] {
  let texts = 0
  return parts.map((part) => {
    if (part.type === 'text') return [`text ${texts++}`, part]
    if (part.type === 'prompt' || part.type === 'images') return [`${part.type} ${part.block}`, part]
    if (part.type === 'notice') return [`notice ${part.text}`, part]
    if (part.type === 'change') return [`change ${part.block} ${part.after?.imageId ?? ''}`, part]
    if (part.type === 'file') return [`file ${part.sha256}`, part]
    return [part.type, part]
  })
}

function partChanges(before: Part | undefined, part: Part, talking: boolean): ReplyChange[] {
  switch (part.type) {
    case 'text':
      return growth(before?.type === 'text' ? before.text : '', part.text).map((g) => ({ type: 'text', ...g }))
    case 'prompt': {
      const grown = growth(before?.type === 'prompt' ? before.text : '', part.text)
      return grown.map((g) => ({ type: 'prompt', block: part.block, ...g }))
    }
    case 'progress':
      return [{ type: 'progress', progress: part.progress, talking }]
    case 'images': {
      const old = new Set(before?.type === 'images' ? before.images.map(({ imageId }) => imageId) : [])
      const added = part.images.filter(({ imageId }) => !old.has(imageId))
      return added.map((image) => ({ type: 'image', block: part.block, image, talking }))
    }
    case 'change':
      // what is still being drawn is told by its progress
      return before || (!part.after && !part.proposed) ? [] : [{ type: 'change', change: part }]
    case 'file':
      return before ? [] : [{ type: 'file', file: part }]
    case 'route':
      return before ? [] : [{ type: 'route', chosen: part.chosen }]
    case 'notice':
      return before ? [] : [{ type: 'notice', text: part.text }]
    case 'error':
      return before ? [] : [{ type: 'error', error: part.error, sentence: part.sentence }]
    case 'controls':
      return []
  }
}

/** White space at the ends waits for the words after it: a finished text has none there, a streaming one may. */
function growth(shown: string, now: string): { text: string; restart: boolean }[] {
  const before = shown.trim()
  const after = now.trim()
  if (after === before) return []
  if (after.startsWith(before)) return [{ text: after.slice(before.length), restart: false }]
  return [{ text: after, restart: true }]
}
