import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { AppError } from '../contract/errors.ts'
import { memoryHint, parseFromWorker, type FromWorker, type LogEntry, type ToWorker } from './protocol.ts'

/** The program that a worker runs, and options for its Node. */
export interface WorkerProgram {
  readonly entry: URL
  readonly nodeOptions?: readonly string[]
}

export interface WorkerListener {
  /** Everything but log lines, which go to the log. */
  message(message: Exclude<FromWorker, { type: 'log' }>): void
  /** The process has ended undismissed, and all that it sent has been delivered. */
  exit(reason: AppError): void
}

export interface WorkerProcess {
  send(message: ToWorker): void
  /**
   * Closes the channel, so that the worker leaves after its current native run; kills it when it has not after
   * `graceMs`. Resolves when it has left.
   */
  dismiss(graceMs: number): Promise<void>
}

/** Starts a worker's process. `log` takes its lines, and what it writes to stdout and stderr. */
export function startWorker(program: WorkerProgram, log: Logger, listener: WorkerListener): WorkerProcess {
  const child = fork(fileURLToPath(program.entry), {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [...typescriptLoader(program.entry), ...(program.nodeOptions ?? [])],
  })
  const lastWords = keepTail(child.stderr, (text) => log.debug({ stderr: text }, 'worker wrote to stderr'))
  keepTail(child.stdout, (text) => log.debug({ stdout: text }, 'worker wrote to stdout'))
  let nonsense: AppError | undefined

  child.on('message', (message) => {
    const parsed = parseFromWorker(message)
    if (parsed instanceof AppError) {
      nonsense = parsed
      child.kill('SIGKILL')
    } else if (parsed.type === 'log') writeLog(log, parsed.entry)
    else listener.message(parsed)
  })
  onceEnded(child, (code, signal, failure) => {
    const stderr = failure === undefined ? lastWords() : String(failure)
    if (stderr !== '') log.warn({ stderr }, 'last words of the worker')
    listener.exit(nonsense ?? whyEnded({ code, signal, stderr }))
  })
  return {
    send: (message) => void child.send(message, () => undefined), // a closed channel is reported by `exit`
    dismiss: (graceMs) => dismiss(child, graceMs),
  }
}

/** Under the sources the worker needs the loader that the bot itself was started with. */
const typescriptLoader = (entry: URL): string[] =>
  entry.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []

type Ended = (code: number | null, signal: NodeJS.Signals | null, failure?: Error) => void

/** `close` comes when the channel and stderr have been read to their ends, `error` in its place without a process. */
function onceEnded(child: ChildProcess, ended: Ended): void {
  child.once('close', (code, signal) => ended(code, signal))
  child.on('error', (failure) => {
    if (child.pid === undefined) ended(null, null, failure)
  })
}

async function dismiss(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await once(child, 'exit') // `close` does not come to who has closed the channel
  clearTimeout(timer)
}

/** Hands pieces of a stream on and keeps the last 16 kB, in which V8 says why it gave up. */
function keepTail(stream: Readable | null, tell: (text: string) => void): () => string {
  let tail = ''
  stream?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-16_384)
    tell(text.trimEnd())
  })
  return () => tail
}

function writeLog(log: Logger, { level, msg, ...fields }: LogEntry): void {
  log[level](fields, msg)
}

/** Why a worker that was not asked to leave has ended, as the error of the requests that it took along. */
export function whyEnded(end: { code: number | null; signal: string | null; stderr: string }): AppError {
  const how = end.signal === null ? `exit code ${end.code}` : end.signal
  const details = { code: end.code, signal: end.signal }
  if (/heap out of memory|bad_alloc|Cannot allocate memory/.test(end.stderr))
    return new AppError('inference/out-of-memory', {
      message: `the inference worker ran out of memory (${how})`,
      hint: memoryHint,
      details,
      retryable: true,
    })
  if (end.signal === 'SIGKILL')
    return new AppError('inference/out-of-memory', {
      message: 'the inference worker was killed (SIGKILL), as the system does when memory runs out',
      hint: memoryHint,
      details,
      retryable: true,
    })
  const said = end.stderr
    .split('\n')
    .find((line) => /^\s*(\w*Error\b|FATAL ERROR|Assertion|terminate called)/.test(line))
  return new AppError('inference/worker-crashed', {
    message: `the inference worker crashed (${how})${said === undefined ? '' : `: ${said.trim()}`}`,
    hint: 'It is started again by itself; the same request may work when tried again. The log has what it said last.',
    details,
    retryable: true,
  })
}
