import type { Logger } from 'pino'
import { AppError } from '../contract/errors.ts'
import type { Inference, InferenceEvent, InferenceRequest } from '../contract/inference.ts'
import { createEventStream, type EventStream } from './event-stream.ts'
import type { WorkerSetup, WorkerStatus } from './protocol.ts'
import { createSupervisor } from './supervisor.ts'
import { cancelled } from './turn-taking.ts'
import type { WorkerProgram } from './worker-process.ts'

export interface InferenceOptions extends Omit<WorkerSetup, 'logLevel'> {
  readonly log: Logger
  /** The worker's program; by default the one with the bot's own pipelines. */
  readonly program?: WorkerProgram
}

interface OpenRequest {
  readonly request: InferenceRequest
  readonly stream: EventStream
  /** How far it is: with the bot, with the worker that runs now, or known to be in that worker's hands. */
  state: 'waiting' | 'sent' | 'started'
  cancelled: boolean
  /** Stops listening to the caller's signal. */
  detach(): void
}

const workerProgram: WorkerProgram = { entry: new URL('./worker.ts', import.meta.url) }

/** Time after which a busy worker's last known figures are good enough. */
const statusPatienceMs = 1000

/**
 * Opens the door to the models: starts the worker process (docs/decisions/020-worker-is-a-process.md) and keeps it
 * alive. Nothing here computes, so the caller's event loop stays free. A request given while the worker starts or
 * restarts waits for it; one that the worker takes along when it dies ends with `inference/worker-crashed` or
 * `inference/out-of-memory`.
 */
export function createInference({ log, program = workerProgram, ...setup }: InferenceOptions): Inference {
  const requests = new Map<number, OpenRequest>()
  let lastId = 0
  let lastStatus: WorkerStatus = { resident: [], processBytes: 0 }
  const statusWaiters: (() => void)[] = []
  let stopped: Promise<void> | undefined
  let whenIdle: (() => void) | undefined

  const workerLog = log.child({ component: 'worker' }, { serializers: { err: (serialised: unknown) => serialised } })
  const supervisor = createSupervisor(program, { ...setup, logLevel: log.level }, workerLog, {
    ready: () => requests.forEach((request, id) => dispatch(id, request)),
    message(message) {
      if (message.type === 'event') deliver(message.id, message.event)
      else {
        lastStatus = message
        for (const tell of statusWaiters.splice(0)) tell()
      }
    },
    died(reason) {
      lastStatus = { resident: [], processBytes: 0 }
      failAll(reason, ({ state }) => state === 'started' || stopped !== undefined)
      for (const [id, open] of [...requests]) takeBack(id, open)
    },
    gaveUp: (reason) => failAll(reason, () => true),
  })

  function dispatch(id: number, open: OpenRequest): void {
    open.state = 'sent'
    supervisor.send({ type: 'request', id, request: open.request })
  }

  /** A request that met a dead worker goes to the next one. */
  function takeBack(id: number, open: OpenRequest): void {
    open.state = 'waiting'
    if (open.cancelled) fail(id, cancelled())
  }

  function deliver(id: number, event: InferenceEvent): void {
    const open = requests.get(id)
    if (open === undefined) return
    open.state = 'started'
    open.stream.push(event)
    if (event.type !== 'done' && event.type !== 'error') return
    open.detach()
    requests.delete(id)
    if (requests.size === 0) whenIdle?.()
  }

  const fail = (id: number, error: AppError) => deliver(id, { type: 'error', error: error.toJSON() })

  function failAll(reason: AppError, concerned: (open: OpenRequest) => boolean): void {
    for (const [id, open] of [...requests]) if (concerned(open)) fail(id, reason)
  }

  function cancel(id: number): void {
    const open = requests.get(id)
    if (open === undefined) return
    open.cancelled = true
    if (open.state === 'waiting') fail(id, cancelled())
    else supervisor.send({ type: 'cancel', id })
  }

  const run: Inference['run'] = (request, { signal } = {}) => {
    const id = ++lastId
    const abort = () => cancel(id)
    const stream = createEventStream(abort)
    const detach = () => signal?.removeEventListener('abort', abort)
    const open: OpenRequest = { request, stream, state: 'waiting', cancelled: false, detach }
    requests.set(id, open)
    signal?.addEventListener('abort', abort)
    if (stopped !== undefined) fail(id, stopping())
    else if (signal?.aborted === true) cancel(id)
    else if (supervisor.state === 'ready') dispatch(id, open)
    else supervisor.wake()
    return stream.events
  }

  async function refreshStatus(): Promise<void> {
    if (supervisor.state !== 'ready') return
    supervisor.send({ type: 'status' })
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, statusPatienceMs)
      statusWaiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async function status() {
    await refreshStatus()
    const { state: worker, device, restarts } = supervisor
    const running = [...requests.values()].filter(({ state }) => state !== 'waiting').length
    const { resident, budgetBytes, budgets, processBytes } = lastStatus
    const limits = { ...(budgetBytes !== undefined && { budgetBytes }), ...(budgets && { budgets }) }
    return { worker, device, restarts, running, resident, ...limits, processBytes }
  }

  async function drain(): Promise<void> {
    if (requests.size > 0) await new Promise<void>((resolve) => (whenIdle = resolve))
    await supervisor.stop()
  }

  return { run, status, stop: () => (stopped ??= drain()) }
}

const stopping = () =>
  new AppError('inference/cancelled', {
    message: 'the bot is stopping and takes no new request',
    hint: 'Try again when it is back.',
    retryable: true,
  })
