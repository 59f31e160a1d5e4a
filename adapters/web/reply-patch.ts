import type { PartChange, ReplyPatch, WireDrawing, WirePart, WireReply } from './wire.ts'

/** What changed from `before` to `after` (two states of one reply). Text that only grew is sent as its addition. */
export function diffReply(before: WireReply, after: WireReply): ReplyPatch {
  const changes = after.parts.flatMap((part, index) => diffPart(index, before.parts[index], part))
  return { replyId: after.replyId, state: after.state, final: after.final, length: after.parts.length, changes }
}

/** Inverse of diffReply: the state after the patch. Changes that do not fit the parts are ignored. */
export function applyPatch(reply: WireReply, patch: ReplyPatch): WireReply {
  const parts = reply.parts.slice(0, patch.length)
  for (const change of patch.changes) {
    const part = applyChange(parts[change.index], change)
    if (part !== undefined) parts[change.index] = part
  }
  return { ...reply, state: patch.state, final: patch.final, parts }
}

function diffPart(index: number, before: WirePart | undefined, after: WirePart): PartChange[] {
  if (before === undefined) return [{ index, part: after }]
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const append = addedText(before, after)
  if (append !== undefined) return [{ index, append }]
  const drawing = movedOn(before, after)
  return [drawing === undefined ? { index, part: after } : { index, progress: drawing }]
}

/** The text that was added, when nothing else of the part changed. */
function addedText(before: WirePart, after: WirePart): string | undefined {
  if (!isWords(before) || !isWords(after) || !after.text.startsWith(before.text)) return undefined
  const grown = { ...before, text: after.text }
  return JSON.stringify(grown) === JSON.stringify(after) ? after.text.slice(before.text.length) : undefined
}

/** The drawing's new figures, when it still shows the same preview. */
function movedOn(before: WirePart, after: WirePart): Omit<WireDrawing, 'previewUrl'> | undefined {
  if (!isDrawing(before) || !isDrawing(after)) return undefined
  const { previewUrl, ...figures } = after.progress
  return previewUrl === before.progress.previewUrl ? figures : undefined
}

function applyChange(part: WirePart | undefined, change: PartChange): WirePart | undefined {
  if ('part' in change) return change.part
  if (part === undefined) return undefined
  if ('append' in change) return isWords(part) ? { ...part, text: part.text + change.append } : undefined
  if (!isDrawing(part)) return undefined
  const { previewUrl } = part.progress
  return { type: 'progress', progress: { ...change.progress, ...(previewUrl === undefined ? {} : { previewUrl }) } }
}

const isWords = (part: WirePart): part is Extract<WirePart, { type: 'text' | 'prompt' }> =>
  part.type === 'text' || part.type === 'prompt'

const isDrawing = (part: WirePart): part is { type: 'progress'; progress: WireDrawing } =>
  part.type === 'progress' && part.progress.phase === 'drawing'
