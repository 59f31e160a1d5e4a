import { parentPort } from 'node:worker_threads'
import { quantisePiece, type QuantisePiece } from './quantise-piece.ts'

/** The program of a thread that quantises: it asks for a piece by telling how the last one went. */
export interface PieceReport {
  /** Why it went wrong; an error's `code` would not survive the way between threads. */
  readonly failure?: { readonly message: string; readonly code: string | undefined }
}

const port = parentPort!
port.on('message', (piece: QuantisePiece) => port.postMessage(attempt(piece)))
port.postMessage({} satisfies PieceReport)

function attempt(piece: QuantisePiece): PieceReport {
  try {
    quantisePiece(piece)
    return {}
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    return { failure: { message, code } }
  }
}
