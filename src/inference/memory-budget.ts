import type { WorkerSetup } from './protocol.ts'

/** Shares of a device's memory for models, where no limit is set: the rest is for the system and what is not counted. */
const shareOf = { cpu: 0.75, gpu: 0.9 }

/** Of the memory for models, what the language model may keep for later requests. */
const chatShare = 1 / 8
/** Where nothing is known of the device. */
const usualChatBytes = 2 ** 30
/** Of that, features of pictures; the rest is for keys and values. */
export const featureShare = 1 / 8

export interface MemoryBudget {
  /** Bytes for models; undefined where neither a limit nor the device's memory is known. */
  readonly budgetBytes: number | undefined
  readonly chatMemoryBytes: number
}

/** The memory for models on a device of `totalBytes`. */
export function memoryBudget(
  { memoryLimitBytes, chatMemoryBytes }: Pick<WorkerSetup, 'memoryLimitBytes' | 'chatMemoryBytes'>,
  device: string,
  totalBytes: number | undefined,
): MemoryBudget {
  const share = device === 'cpu' ? shareOf.cpu : shareOf.gpu
  const budgetBytes = memoryLimitBytes ?? (totalBytes === undefined ? undefined : Math.floor(totalBytes * share))
  const usual = budgetBytes === undefined ? usualChatBytes : Math.floor(budgetBytes * chatShare)
  return { budgetBytes, chatMemoryBytes: chatMemoryBytes ?? usual }
}
