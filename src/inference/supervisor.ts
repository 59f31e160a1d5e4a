import type { Logger } from 'pino'
import { AppError } from '../contract/errors.ts'
import type { InferenceStatus } from '../contract/inference.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.ts'
import { startWorker, type WorkerProcess, type WorkerProgram } from './worker-process.ts'

export interface SupervisorListener {
  ready(): void
  message(message: Extract<FromWorker, { type: 'event' | 'status' }>): void
  /** The worker has died; what it worked on is lost. */
  died(reason: AppError): void
  /** It died at its start too often in a row; no other is started before `wake`. */
  gaveUp(reason: AppError): void
}

/** Keeps one worker alive. */
export interface Supervisor {
  readonly state: InferenceStatus['worker']
  readonly restarts: number
  /** The device in use, once a worker has said it. */
  readonly device: string
  /** Only while `state` is `ready`. */
  send(message: ToWorker): void
  /** Tries once more after having given up; else nothing. */
  wake(): void
  /** Lets the worker leave. Resolves when it has. */
  stop(): Promise<void>
}

/** Workers in a row that may die without having served anything. */
const maxFailedStarts = 4

/** Milliseconds before the next start: none after useful work, 200 after the first failed start, then doubled. */
export const restartDelayMs = (failedStarts: number): number => (failedStarts === 0 ? 0 : 100 * 2 ** failedStarts)

/** Time for the worker to end its current native run when it is to leave. */
const graceMs = 20_000

export function createSupervisor(
  program: WorkerProgram,
  setup: WorkerSetup,
  log: Logger,
  listener: SupervisorListener,
): Supervisor {
  let state: InferenceStatus['worker'] = 'starting'
  let device: string = setup.mllmDevice ?? setup.device
  let restarts = 0
  let failedStarts = 0
  let worker: WorkerProcess | undefined
  let timer: NodeJS.Timeout | undefined
  let stopping = false

  function start(): void {
    let served = false
    worker = startWorker(program, log, {
      message(message) {
        if (message.type === 'ready') {
          device = message.device
          state = 'ready'
          return listener.ready()
        }
        served ||= message.type === 'event'
        listener.message(message)
      },
      exit: (reason) => ended(reason, served),
    })
    worker.send({ type: 'setup', setup })
  }

  function ended(reason: AppError, served: boolean): void {
    worker = undefined
    if (stopping) return
    failedStarts = served ? 0 : failedStarts + 1
    log.error({ code: reason.code, failedStarts }, reason.message)
    listener.died(reason)
    if (failedStarts >= maxFailedStarts) {
      state = 'stopped'
      listener.gaveUp(startFailure(reason))
    } else restart(restartDelayMs(failedStarts))
  }

  function restart(delayMs: number): void {
    state = 'restarting'
    restarts += 1
    timer = setTimeout(start, delayMs)
  }

  start()
  return {
    get state() {
      return state
    },
    get restarts() {
      return restarts
    },
    get device() {
      return device
    },
    send: (message) => worker?.send(message),
    wake: () => {
      if (state === 'stopped' && !stopping) restart(0)
    },
    stop: async () => {
      stopping = true
      clearTimeout(timer)
      state = 'stopped'
      await worker?.dismiss(graceMs)
    },
  }
}

const startFailure = (reason: AppError) =>
  new AppError(reason.code, {
    message: `the inference worker does not start: ${reason.message}`,
    hint: 'See the log for what it said; the next request tries again.',
    ...(reason.details === undefined ? {} : { details: reason.details }),
  })
