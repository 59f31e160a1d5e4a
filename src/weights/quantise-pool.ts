import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { quantisePiece, type QuantisePiece } from './quantise-piece.ts'
import type { PieceReport } from './quantise-thread.ts'

export interface QuantiseRun {
  /** Threads that quantise; 1 does it in the caller's own, between turns of its event loop. */
  readonly threads: number
  /** Told after each piece how many bytes of the sources are done. */
  readonly progress: (sourceBytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Quantises pieces, each by whichever thread is free: what is written does not depend on how many there are. At most one
 * piece a thread is in memory. Throws the first piece's error, or the signal's reason, once no thread works any more.
 */
export async function quantisePieces(pieces: Iterable<QuantisePiece>, run: QuantiseRun): Promise<void> {
  run.signal?.throwIfAborted()
  const rest = pieces[Symbol.iterator]()
  if (run.threads === 1) return quantiseHere(rest, run)
  const stop = new AbortController()
  const threads = Array.from({ length: run.threads }, () => quantiseThere(rest, run, stop.signal))
  const cancel = () => stop.abort(run.signal?.reason)
  run.signal?.addEventListener('abort', cancel, { once: true })
  try {
    await Promise.all(threads)
  } finally {
    run.signal?.removeEventListener('abort', cancel)
    stop.abort()
    await Promise.allSettled(threads) // nobody may write into a file that the caller then removes
  }
}

async function quantiseHere(rest: Iterator<QuantisePiece>, { progress, signal }: QuantiseRun): Promise<void> {
  for (let next = rest.next(); !next.done; next = rest.next()) {
    quantisePiece(next.value)
    progress(next.value.sourceBytes)
    await setImmediate()
    signal?.throwIfAborted()
  }
}

/** Feeds one thread until there are no more pieces; ends when the thread has ended. */
async function quantiseThere(rest: Iterator<QuantisePiece>, { progress }: QuantiseRun, stop: AbortSignal) {
  const worker = startThread()
  let current: QuantisePiece | undefined
  const done = new Promise<void>((resolve, reject) => {
    worker.on('message', ({ failure }: PieceReport) => {
      if (failure) return reject(Object.assign(new Error(failure.message), { code: failure.code }))
      if (current) progress(current.sourceBytes)
      const next = rest.next()
      if (next.done) return resolve()
      current = next.value
      worker.postMessage(current)
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('a thread that quantised has ended early')))
    stop.addEventListener('abort', () => reject(stop.reason as Error), { once: true })
  })
  try {
    await done
  } finally {
    await worker.terminate()
  }
}

/** A thread with the loader that the sources need: Node's option for it does not reach the files of threads. */
function startThread(): Worker {
  const [api, entry] = [import.meta.resolve('tsx/esm/api'), new URL('./quantise-thread.ts', import.meta.url).href]
  const begin = `import(${JSON.stringify(api)}).then(({ register }) => (register(), import(${JSON.stringify(entry)})))`
  return new Worker(begin, { eval: true, execArgv: [] })
}
