import type { WirePart, WireReply } from '../wire.ts'

/** What a screen reader is told when a reply changes: its stages and its end, not every word and step. */
export function announcement(before: WireReply | undefined, after: WireReply): string | undefined {
  if (after.final) return before?.final === true ? undefined : closing(after.parts)
  const now = stage(after)
  return now === stage(before) ? undefined : now
}

function stage(reply: WireReply | undefined): string | undefined {
  const part = reply?.parts.find((candidate) => candidate.type === 'progress')
  if (part?.type !== 'progress') return undefined
  const { progress } = part
  if (progress.phase === 'queued') return `Waiting in line, position ${progress.position}`
  if (progress.phase === 'thinking') return 'Thinking'
  return `Drawing picture ${progress.image + 1} of ${progress.images}`
}

function closing(parts: readonly WirePart[]): string {
  const said = parts.flatMap((part) => {
    if (part.type === 'text' || part.type === 'notice') return [part.text]
    if (part.type === 'images') return part.images.map((image) => `Picture ready: ${image.alt}`)
    if (part.type === 'change') return part.proposed ? ['A change is proposed'] : []
    if (part.type === 'file') return [`File ready: ${part.name}`]
    return part.type === 'error' ? [part.sentence] : []
  })
  return said.map((words) => (/[.!?:]$/.test(words) ? words : `${words}.`)).join(' ') || 'Done'
}
