import { z } from 'zod'
import type { ThreadSummary } from '../contract/adapter.ts'
import { conversationVersion, type ConversationState } from '../contract/conversation.ts'
import { errorCodes } from '../contract/errors.ts'
import { editEngines, samplerNames } from '../contract/inference.ts'
import { designKinds, type Job } from '../contract/job.ts'
import { languages } from '../contract/language.ts'
import { operations } from '../contract/recipe.ts'
import { recipeSchema } from '../inference/recipe-schema.ts'
import type { RecordKind } from './migrations.ts'

/** What every kind of stored record must look like. Unknown keys are kept: they are data that somebody wrote. */
const text = z.string()
const time = z.number()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const key = z.looseObject({ platform: text, workspaceId: text, channelId: text, threadId: text })
const person = z.looseObject({ id: text, name: text, admin: z.boolean().exactOptional() })
const error = z.looseObject({ code: z.enum(errorCodes), message: text, retryable: z.boolean() })

export const settingsSchema = z.looseObject({
  steps: z.number().exactOptional(),
  guidanceScale: z.number().exactOptional(),
  sampler: z.enum(samplerNames).exactOptional(),
  negativePrompt: text.exactOptional(),
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  count: z.number().exactOptional(),
  style: text.exactOptional(),
  raw: z.boolean().exactOptional(),
  confirm: z.boolean().exactOptional(),
  engine: z.enum(editEngines).exactOptional(),
  strength: z.number().exactOptional(),
  restore: z.boolean().exactOptional(),
  loras: z.array(z.looseObject({ name: text, weight: z.number() })).exactOptional(),
  mllm: text.exactOptional(),
  t2i: text.exactOptional(),
  inpaint: text.exactOptional(),
  language: z.enum(languages).exactOptional(),
  spoiler: z.boolean().exactOptional(),
})

const block = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text }),
  z.looseObject({ type: z.literal('upload'), imageId: text }),
  z.looseObject({ type: z.literal('picture'), prompt: text, imageIds: z.array(text) }),
])

const page = z.looseObject({ text, prompt: text.exactOptional(), imageId: text.exactOptional() })

const turn = z.looseObject({
  id: text,
  parentId: text.exactOptional(),
  role: z.enum(['user', 'assistant']),
  author: person.exactOptional(),
  blocks: z.array(block),
  jobId: text,
  createdAt: time,
  headImageId: text.exactOptional(),
  error: error.exactOptional(),
  notice: text.exactOptional(),
  aside: z.boolean().exactOptional(),
  mask: z.looseObject({ imageId: text, sha256 }).exactOptional(),
  proposal: z
    .looseObject({ imageId: text, source: text, prompt: text, maskSha256: sha256.exactOptional() })
    .exactOptional(),
  compared: z.array(text).exactOptional(),
  book: z.looseObject({ title: text, pages: z.array(page) }).exactOptional(),
  files: z.array(z.looseObject({ name: text, mediaType: text, sha256, sizeBytes: z.number() })).exactOptional(),
})

const image = z.looseObject({
  id: text,
  parentId: text.exactOptional(),
  turnId: text,
  sha256,
  mediaType: text,
  width: z.number(),
  height: z.number(),
  operation: z.enum(['upload', 'redo', 'variation', ...operations]),
  recipe: recipeSchema.exactOptional(),
  maskSha256: sha256.exactOptional(),
  details: z.looseObject({}).exactOptional(),
  spoiler: z.boolean().exactOptional(),
  name: text.exactOptional(),
  author: person,
  createdAt: time,
  deletedAt: time.exactOptional(),
})

const thread = z.looseObject({
  version: z.literal(conversationVersion),
  key,
  owner: person,
  title: text,
  createdAt: time,
  updatedAt: time,
  turns: z.record(text, turn),
  headTurnId: text.exactOptional(),
  images: z.record(text, image),
  headImageId: text.exactOptional(),
  settings: settingsSchema,
})

const seed = z.number()
const shape = z.looseObject({
  type: z.enum(['image', 'alpha', 'boxes', 'strokes', 'cells']),
  sha256: sha256.exactOptional(),
})
const mask = z.looseObject({ shapes: z.array(shape) })
const asked = {
  turnId: text,
  seed,
  drawing: settingsSchema,
  downloads: z.array(z.looseObject({ url: text, name: text })).exactOptional(),
}
const onPicture = { ...asked, imageId: text, words: text, prompt: text.exactOptional() }
const growth = z.union([z.looseObject({ ratio: z.number() }), z.looseObject({ sides: z.looseObject({}) })])
const ofKind = <K extends string, F extends z.ZodRawShape>(kind: K, fields: F) =>
  z.looseObject({ kind: z.literal(kind), ...fields })

const request = z.discriminatedUnion('kind', [
  ofKind('chat', asked),
  ofKind('imagine', { ...asked, wish: text }),
  ofKind('draw', { ...asked, prompt: text }),
  ofKind('redo', { turnId: text, imageId: text, seed }),
  ofKind('variations', { turnId: text, imageId: text, seed, count: z.number(), strength: z.number() }),
  ofKind('restyle', { ...onPicture, strength: z.number().exactOptional() }),
  ofKind('inpaint', { ...onPicture, mask: mask.exactOptional() }),
  ofKind('outpaint', { ...onPicture, growth }),
  ofKind('edit', { ...onPicture, source: text.exactOptional(), mask: mask.exactOptional(), apply: z.boolean() }),
  ofKind('restore', { ...onPicture, scale: z.literal([1, 2, 4]) }),
  ofKind('subject', onPicture),
  ofKind('control', onPicture),
  ofKind('story', { ...asked, words: text, title: text, pages: z.number().exactOptional() }),
  ofKind('page', { ...asked, bookTurnId: text, page: z.number() }),
  ofKind('illustrate', { ...asked, text, pictures: z.number() }),
  ofKind('design', { ...asked, design: z.enum(designKinds), words: text }),
  ofKind('answer', { turnId: text, text }),
])

const job = z.looseObject({
  version: z.literal(1),
  id: text,
  key,
  author: person,
  eventId: text,
  request,
  language: z.enum(languages).exactOptional(),
  spoiler: z.boolean().exactOptional(),
  state: z.enum(['queued', 'running', 'posting', 'done', 'failed', 'cancelled']),
  attempts: z.int().min(0),
  createdAt: time,
  updatedAt: time,
  replyTurnId: text,
  error: error.exactOptional(),
  kept: z.array(block).exactOptional(),
})

const summary = z.looseObject({ version: z.literal(1), key, title: text, updatedAt: time })

/** The event was acknowledged; with `jobId`, by making that job. */
export interface EventRecord {
  readonly version: 1
  readonly jobId?: string
  /** When it came, in milliseconds since the epoch; records of older programs do not say. */
  readonly at?: number
}

/** Deletions that belong to a change: written with it, carried out after it, and again after a crash in between. */
export interface CleanupRecord {
  readonly version: 1
  readonly keys: readonly string[]
  readonly blobs: readonly string[]
}

/** What an adapter keeps for itself. */
export interface NoteRecord {
  readonly version: 1
  readonly value: unknown
  /** Milliseconds since the epoch from which on it is of no use. */
  readonly until?: number
}

export type SummaryRecord = ThreadSummary & { readonly version: 1 }

const kind = <T>(name: string, version: number, schema: z.ZodType): RecordKind<T> => ({
  name,
  version,
  migrations: {},
  schema: schema as z.ZodType<T>, // the loose schema checks every field that T names
})

export const recordKinds = {
  thread: kind<ConversationState>('thread', conversationVersion, thread),
  job: kind<Job>('job', 1, job),
  summary: kind<SummaryRecord>('summary of the thread', 1, summary),
  event: kind<EventRecord>(
    'event',
    1,
    z.looseObject({ version: z.literal(1), jobId: text.exactOptional(), at: time.exactOptional() }),
  ),
  note: kind<NoteRecord>(
    'note',
    1,
    z.looseObject({ version: z.literal(1), value: z.unknown(), until: time.exactOptional() }),
  ),
  cleanup: kind<CleanupRecord>(
    'clean-up',
    1,
    z.looseObject({ version: z.literal(1), keys: z.array(text), blobs: z.array(sha256) }),
  ),
}
