import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Notes, ThreadSummary } from '../contract/adapter.ts'
import type { ConversationState } from '../contract/conversation.ts'
import type { Job } from '../contract/job.ts'
import { parseThreadKey, threadKeyString, type ThreadKey } from '../contract/thread.ts'
import {
  blobFolder,
  createFileBlobs,
  createMemoryBlobs,
  sha256Of,
  type BlobStore,
  type WritableBlobs,
} from './blobs.ts'
import { lockFolder } from './folder-lock.ts'
import { allHashes, liveHashes } from './images.ts'
import { createLmdbAdapter } from './lmdb-adapter.ts'
import { createMemoryAdapter } from './memory-adapter.ts'
import { createMutex } from './mutex.ts'
import { recordKinds, type CleanupRecord, type EventRecord, type SummaryRecord } from './record-kinds.ts'
import { createRecords, type RecordEntry, type Records } from './records.ts'
import { sweep, type Swept } from './sweep.ts'
import { openTables, rowsOfChange, type OpenTables, type Row } from './tables.ts'
import type { UsageCount } from './usage.ts'

/** What changes together: all of it is stored in one durable step, or none. */
export interface Change {
  readonly thread?: ConversationState
  /** Bytes of pictures, masks and files that `thread` shows now; those that are stored already are not stored twice. */
  readonly pictures?: readonly Uint8Array[]
  /** Content hashes that `thread` may have stopped showing; bytes that no thread shows are deleted. */
  readonly released?: readonly string[]
  readonly jobs?: readonly Job[]
  /** Ids of jobs that are forgotten. */
  readonly removedJobs?: readonly string[]
  /** Id of the person whose `thread` was, when it changes hands. */
  readonly formerOwner?: string
  /** The platform's event that caused the change, so that it is not obeyed twice. */
  readonly event?: { readonly id: string; readonly jobId?: string }
  readonly rows?: readonly Row[]
  /** Added to what was used before. */
  readonly counts?: readonly UsageCount[]
}

/** Threads, jobs, events and pictures. Reads throw AppError `storage/corrupt` and `storage/newer-version`. */
export interface Stores {
  readonly threads: {
    get(key: ThreadKey): Promise<ConversationState | undefined>
    /** Newest first; reads an index, not the threads. */
    list(platform: string, personId: string): Promise<readonly ThreadSummary[]>
    /** Those of everybody. */
    listAll(): Promise<readonly ThreadSummary[]>
    /** Every thread of a platform. */
    keys(platform: string): Promise<readonly ThreadKey[]>
    /** Deletes a thread, its jobs, and the pictures that no other thread shows. */
    remove(state: ConversationState): Promise<void>
  }
  readonly jobs: {
    get(id: string): Promise<Job | undefined>
    /** Ids of jobs that have not ended (and perhaps of a few that have), in no order. */
    openIds(): Promise<readonly string[]>
  }
  readonly events: { get(id: string): Promise<EventRecord | undefined> }
  readonly tables: OpenTables
  /** What an adapter keeps for itself, by its platform. */
  notes(platform: string): Notes
  readonly blobs: BlobStore
  /** Durable when it resolves. Throws AppError `storage/full`, and then nothing has changed. */
  commit(change: Change): Promise<void>
  /** Deletes what has no use any more. */
  sweep(now: number): Promise<Swept>
  close(): Promise<void>
}

export type StoreOptions = { readonly dataDir: string } | { readonly memory: true }

/**
 * Opens the stores: an LMDB file and a folder of blobs below `dataDir`, or memory. One process owns a data folder.
 * Throws AppError `storage/locked`, `storage/full`.
 */
export async function createStores(options: StoreOptions): Promise<Stores> {
  if ('memory' in options) return openStores(createRecords(createMemoryAdapter()), createMemoryBlobs(), () => undefined)
  const { dataDir } = options
  const unlock = lockFolder(dataDir)
  try {
    const records = createRecords(createLmdbAdapter(path.join(dataDir, 'records'), dataDir))
    return await openStores(records, createFileBlobs(blobFolder(dataDir), dataDir), unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

const keys = {
  thread: (key: ThreadKey) => `thread:${threadKeyString(key)}`,
  platform: (platform: string) => `thread:${encodeURIComponent(platform)}/`,
  owned: (platform: string, personId: string) =>
    `owner:${encodeURIComponent(platform)}/${encodeURIComponent(personId)}:`,
  job: (id: string) => `job:${id}`,
  open: (id: string) => `open:${id}`,
  event: (id: string) => `event:${id}`,
  note: (platform: string, key: string) => `note:${encodeURIComponent(platform)}:${key}`,
  uses: (sha256: string) => `use:${sha256}:`,
  use: (sha256: string, key: ThreadKey) => `use:${sha256}:${threadKeyString(key)}`,
  summary: ({ key, owner }: ConversationState) => `${keys.owned(key.platform, owner.id)}${threadKeyString(key)}`,
}

const isOpen = ({ state }: Job) => state === 'queued' || state === 'running' || state === 'posting'

async function openStores(records: Records, blobs: WritableBlobs, unlock: () => void): Promise<Stores> {
  const oneAtATime = createMutex()
  const tables = openTables(records)
  /** Written, but not carried out yet. */
  let cleanups = await records.keys('cleanup:')

  async function cleanUp(): Promise<void> {
    for (const key of cleanups) {
      const cleanup = await records.get(recordKinds.cleanup, key)
      if (cleanup) await carryOut(records, blobs, cleanup)
      await records.remove([key])
      cleanups = cleanups.filter((other) => other !== key)
    }
  }

  /** Writes entries and a clean-up together. When the clean-up is stopped by an error it is done before the next change. */
  async function write(entries: readonly RecordEntry[], cleanup: Omit<CleanupRecord, 'version'>): Promise<void> {
    const isNeeded = cleanup.keys.length + cleanup.blobs.length > 0
    const key = `cleanup:${randomUUID()}`
    await records.write(isNeeded ? [...entries, { key, value: { version: 1, ...cleanup } }] : entries)
    if (isNeeded) cleanups = [...cleanups, key]
    await cleanUp().catch(() => undefined)
  }

  async function commit(change: Change): Promise<void> {
    await cleanUp()
    const added = await writeBlobs(blobs, change.pictures ?? [])
    try {
      const { entries, removed } = await rowsOfChange(tables, change)
      const { keys: gone, blobs: hashes } = cleanupOf(change)
      await write([...entriesOf(change), ...entries], { keys: [...gone, ...removed], blobs: hashes })
    } catch (error) {
      for (const sha256 of added) await blobs.remove(sha256)
      throw error
    }
  }

  await cleanUp()
  return {
    threads: {
      get: (key) => records.get(recordKinds.thread, keys.thread(key)),
      list: (platform, personId) => listThreads(records, keys.owned(platform, personId)),
      listAll: () => listThreads(records, 'owner:'),
      keys: async (platform) =>
        (await records.keys(keys.platform(platform))).map((key) => parseThreadKey(key.slice('thread:'.length))),
      remove: (state) => oneAtATime(() => write([], removalOf(state))),
    },
    jobs: {
      get: (id) => records.get(recordKinds.job, keys.job(id)),
      openIds: async () => (await records.keys('open:')).map((key) => key.slice('open:'.length)),
    },
    tables,
    events: { get: (id) => records.get(recordKinds.event, keys.event(id)) },
    notes: (platform) => ({
      get: async (key) => (await records.get(recordKinds.note, keys.note(platform, key)))?.value,
      set(key, value, days) {
        const until = days === undefined ? {} : { until: Date.now() + days * 86_400_000 }
        return oneAtATime(() =>
          records.write([{ key: keys.note(platform, key), value: { version: 1, value, ...until } }]),
        )
      },
      remove: (key) => oneAtATime(() => records.remove([keys.note(platform, key)])),
    }),
    blobs,
    commit: (change) => oneAtATime(() => commit(change)),
    sweep: (now) => oneAtATime(() => sweep(records, blobs, now)),
    close: () =>
      oneAtATime(async () => {
        await records.close()
        unlock()
      }),
  }
}

async function listThreads(records: Records, prefix: string): Promise<readonly ThreadSummary[]> {
  const found = await records.keys(prefix)
  const summaries = await Promise.all(found.map((key) => records.get(recordKinds.summary, key)))
  return summaries.filter((one) => one !== undefined).sort((a, b) => b.updatedAt - a.updatedAt)
}

/** Stores pictures; when one fails, those that are new go again. Returns the new ones' hashes. */
async function writeBlobs(blobs: WritableBlobs, pictures: readonly Uint8Array[]): Promise<readonly string[]> {
  const added: string[] = []
  try {
    for (const bytes of pictures) {
      const sha256 = sha256Of(bytes)
      if (await blobs.write(sha256, bytes)) added.push(sha256)
    }
    return added
  } catch (error) {
    for (const sha256 of added) await blobs.remove(sha256)
    throw error
  }
}

function entriesOf({ thread, pictures = [], jobs = [], event }: Change): readonly RecordEntry[] {
  const entries: RecordEntry[] = jobs.map((job) => ({ key: keys.job(job.id), value: job }))
  entries.push(...jobs.filter(isOpen).map(({ id }) => ({ key: keys.open(id), value: { version: 1 } })))
  if (event) {
    const { id, ...rest } = event
    entries.push({ key: keys.event(id), value: { version: 1, at: Date.now(), ...rest } satisfies EventRecord })
  }
  if (!thread) return entries
  entries.push({ key: keys.thread(thread.key), value: thread })
  entries.push({ key: keys.summary(thread), value: summaryOf(thread) })
  return [
    ...entries,
    ...pictures.map((bytes) => ({ key: keys.use(sha256Of(bytes), thread.key), value: { version: 1 } })),
  ]
}

function summaryOf({ key, title, updatedAt, images, headImageId }: ConversationState): SummaryRecord {
  const head = headImageId === undefined ? undefined : images[headImageId]
  return { version: 1, key, title, updatedAt, ...(head ? { headImageSha256: head.sha256 } : {}) }
}

function cleanupOf({
  thread,
  released = [],
  jobs = [],
  removedJobs = [],
  formerOwner,
}: Change): Omit<CleanupRecord, 'version'> {
  const shown = thread ? liveHashes(thread) : new Set<string>()
  const gone = thread ? released.filter((sha256) => !shown.has(sha256)) : []
  const ended = jobs.filter((job) => !isOpen(job)).map(({ id }) => keys.open(id))
  const removed = removedJobs.flatMap((id) => [keys.job(id), keys.open(id)])
  const left =
    thread && formerOwner !== undefined ? [keys.summary({ ...thread, owner: { id: formerOwner, name: '' } })] : []
  const uses = gone.map((sha256) => keys.use(sha256, thread!.key))
  return { keys: [...ended, ...removed, ...left, ...uses], blobs: gone }
}

function removalOf(state: ConversationState): Omit<CleanupRecord, 'version'> {
  const jobIds = [...new Set(Object.values(state.turns).map(({ jobId }) => jobId))]
  const hashes = [...allHashes(state)]
  const jobKeys = jobIds.flatMap((id) => [keys.job(id), keys.open(id)])
  const uses = hashes.map((sha256) => keys.use(sha256, state.key))
  return { keys: [keys.thread(state.key), keys.summary(state), ...jobKeys, ...uses], blobs: hashes }
}

async function carryOut(records: Records, blobs: WritableBlobs, cleanup: CleanupRecord): Promise<void> {
  await records.remove(cleanup.keys)
  for (const sha256 of cleanup.blobs) {
    const uses = await records.keys(keys.uses(sha256))
    if (uses.length === 0) await blobs.remove(sha256)
  }
}
