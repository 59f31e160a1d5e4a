import type { ConversationState } from '../contract/conversation.ts'
import type { Desk, KnownAnswer } from './accept.ts'
import { exportThread, exportWithin } from './export-thread.ts'

/** Largest zip that is handed over as a message's file, in bytes, whatever the platform would take. */
const largestBytes = 100 << 20

/** A thread as a file beside the answer, without its pictures when they are too large for the platform. */
export async function exportAnswer({ context }: Desk, state: ConversationState): Promise<KnownAnswer> {
  const { adapters, stores } = context
  const capabilities = adapters.get(state.key.platform)?.capabilities
  const question = '/export'
  if (!capabilities?.ephemeral) return { question, text: ({ exported }) => exported.onPage }
  const limit = Math.min(capabilities.fileLimitBytes, largestBytes)
  const whole = exportThread(stores.blobs, state)
  const { name, mediaType } = whole
  const bytes = await exportWithin(whole, limit)
  const pictures = Object.values(state.images).filter(({ deletedAt }) => deletedAt === undefined).length
  if (bytes)
    return { question, text: ({ exported }) => exported.ready({ pictures, name }), files: [{ name, mediaType, bytes }] }
  const words = await exportWithin(exportThread(stores.blobs, state, { pictures: false }), limit)
  const text: KnownAnswer['text'] = ({ exported }) => exported.withoutPictures(Math.floor(limit / 2 ** 20))
  return { question, text, ...(words ? { files: [{ name, mediaType, bytes: words }] } : {}) }
}
