import type { Acknowledgement, Bot } from '../../src/contract/adapter.ts'
import type { AppError } from '../../src/contract/errors.ts'
import type { Incoming } from '../../src/contract/incoming.ts'
import type { Control, OutgoingMessage } from '../../src/contract/outgoing.ts'

export const cancelControl: Control = { actionId: 'cancel:job-1', label: 'Cancel', style: 'secondary' }
/** The suite's bot: keeps what it is handed and hands out the blobs and replies that a case gave it. */
export interface RecordingBot extends Bot {
  readonly handled: Incoming[]
  readonly blobs: Map<string, Uint8Array>
  readonly replies: Map<string, OutgoingMessage>
  /** Set to have `handle` refuse. */
  refusal: AppError | undefined
}

export function recordingBot(): RecordingBot {
  const handled: Incoming[] = []
  const blobs = new Map<string, Uint8Array>()
  const replies = new Map<string, OutgoingMessage>()
  const notes = new Map<string, unknown>()
  return {
    handled,
    blobs,
    replies,
    refusal: undefined,
    async handle(incoming): Promise<Acknowledgement> {
      if (this.refusal) throw this.refusal
      handled.push(incoming)
      const isCancel =
        incoming.type === 'action' ? incoming.actionId === cancelControl.actionId : incoming.command?.name === 'cancel'
      return isCancel ? { type: 'done' } : { type: 'accepted', jobId: `job-${handled.length}`, position: 1 }
    },
    listThreads: async () => [],
    readThread: async (key, person) => ({
      state: {
        version: 1,
        key,
        owner: person,
        title: '',
        createdAt: 0,
        updatedAt: 0,
        turns: {},
        images: {},
        settings: {},
      },
      pending: [...replies.values()].filter((reply) => !reply.final),
    }),
    renameThread: async () => undefined,
    deleteThread: async () => undefined,
    readBlob: async (_key, _person, sha256) => blobs.get(sha256),
    readImage: async (_key, _person, sha256) => {
      const bytes = blobs.get(sha256)
      return bytes && { bytes, mediaType: 'image/png', width: 1, height: 1, reduced: false }
    },
    exportThread: async () => undefined,
    revoke: async () => false,
    notes: () => ({
      get: async (key) => notes.get(key),
      set: async (key, value) => void notes.set(key, structuredClone(value)),
      remove: async (key) => void notes.delete(key),
    }),
    readReply: async (_key, _person, jobId) => replies.get(jobId),
    about: () => ({
      version: '0',
      models: {},
      examples: [],
      samplers: ['ddim'],
      styles: [],
      defaults: { steps: 20, guidanceScale: 5, width: 128, height: 128, sampler: 'ddim' },
    }),
  }
}
