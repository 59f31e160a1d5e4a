import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import type { InferenceEvent, InferenceRequest, InferenceStatus } from '../contract/inference.ts'
import { inferenceEventSchema } from './event-schema.ts'
import type { GraphPrecision } from '../graph/half-precision.ts'
import type { DeviceSetting } from '../runtime/device.ts'
import type { OfferedModels } from './offered-models.ts'

/** What a worker needs to know before it can serve; plain data. */
export interface WorkerSetup {
  readonly models: OfferedModels
  readonly device: DeviceSetting
  /** Of the language model and the pictures, where it is another. */
  readonly mllmDevice?: DeviceSetting
  readonly pictureDevice?: DeviceSetting
  /** What graphs compute in on a GPU; the CPU, which has no such arithmetic, stays at the default, fp32. */
  readonly gpuPrecision?: GraphPrecision
  /** Folder for optimised graphs and file hashes. */
  readonly cacheDir: string
  /** Threads of one operator; default: onnxruntime's choice. */
  readonly threads?: number
  readonly logLevel: string
  /** Bytes that models may take on each device; default: a share of its memory. */
  readonly memoryLimitBytes?: number
  /** Bytes that the language model may keep for later requests; default: a share of the memory for models. */
  readonly chatMemoryBytes?: number
  /** Roles whose models leave memory only where nothing else can. */
  readonly pinned?: readonly string[]
  /** Load the models in force at once instead of with the first request that needs them. */
  readonly preload?: boolean
}

/** The bot's words to the worker. `setup` comes first and once; the worker leaves when the channel closes. */
export type ToWorker =
  | { readonly type: 'setup'; readonly setup: WorkerSetup }
  | { readonly type: 'request'; readonly id: number; readonly request: InferenceRequest }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'status' }

/** What to do when memory ran out, on either side. */
export const memoryHint = 'Choose a smaller picture or smaller models, or give the machine more memory.'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** The worker's words to the bot. `ready` is the answer to `setup`. */
export type FromWorker =
  | { readonly type: 'ready'; readonly device: string }
  | { readonly type: 'event'; readonly id: number; readonly event: InferenceEvent }
  | ({ readonly type: 'status' } & WorkerStatus)
  | { readonly type: 'log'; readonly entry: LogEntry }

/** The models in memory; `processBytes` is the resident memory of the worker's process. */
export type WorkerStatus = Pick<InferenceStatus, 'resident' | 'budgetBytes' | 'budgets' | 'processBytes'>

export interface LogEntry {
  readonly level: (typeof logLevels)[number]
  readonly msg?: string
  readonly [field: string]: unknown
}

const bytes = z.number().min(0)
const resident = z.object({
  role: z.string(),
  name: z.string(),
  device: z.string(),
  bytes,
  estimatedBytes: bytes,
  loaded: z.boolean(),
  users: z.int(),
  lastUsedAt: z.number(),
  pinned: z.boolean(),
  kept: z
    .object({ conversations: z.int(), conversationBytes: bytes, pictures: z.int(), pictureBytes: bytes })
    .exactOptional(),
})

const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), device: z.string() }),
  z.object({ type: z.literal('event'), id: z.int(), event: inferenceEventSchema }),
  z.object({
    type: z.literal('status'),
    resident: z.array(resident),
    budgetBytes: bytes.exactOptional(),
    budgets: z.record(z.string(), bytes).exactOptional(),
    processBytes: z.number(),
  }),
  z.object({
    type: z.literal('log'),
    entry: z.looseObject({ level: z.enum(logLevels), msg: z.string().exactOptional() }),
  }),
]) satisfies z.ZodType<FromWorker>

/** A message from the worker, checked; AppError `internal` for what is none. */
export function parseFromWorker(message: unknown): FromWorker | AppError {
  const parsed = fromWorkerSchema.safeParse(message)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return new AppError('internal', {
    message: `the inference worker sent an unknown message: ${issue?.path.join('.')}: ${issue?.message}`,
  })
}
