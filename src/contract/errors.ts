/**
 * Every way in which a request can fail. The list is closed: each code has a sentence for the person in the channel
 * (src/language/error-sentence.ts) and an HTTP status and exit code in the adapters.
 */
export const errorCodes = [
  'config/invalid', // a setting has a wrong value
  'config/port-in-use',
  'input/empty', // nothing to work on
  'input/too-long',
  'input/not-text', // binary or control characters where words are expected
  'input/unknown-option',
  'input/invalid-option', // a known option with a value out of range
  'input/not-found', // a thread, picture, job or file that does not exist (or is not this person's)
  'image/unreadable', // 0 bytes, truncated, not a picture, mislabelled
  'image/unsupported', // a picture of a kind that is refused: animated, unknown format
  'image/too-large', // in pixels or bytes; decided from the header
  'weights/missing', // a checkpoint file is not there
  'weights/corrupt', // header or bytes do not hold together
  'weights/shape-mismatch', // a tensor is not what the config asks for
  'weights/hash-mismatch', // bytes differ from the preset's sha256
  'model/unsupported', // a family, option or layer type this version has no code for
  'model/not-found', // neither a preset's name nor a folder
  'model/too-large', // it does not fit into the memory for models, even alone
  'hub/unreachable', // no connection to where models are downloaded from, or one that breaks again and again
  'inference/cancelled',
  'inference/worker-crashed',
  'inference/out-of-memory',
  'inference/failed', // anything else that went wrong while computing
  'storage/full',
  'storage/newer-version', // written by a newer program
  'storage/corrupt',
  'storage/locked', // another process owns the data folder
  'access/denied',
  'access/limit', // a per-person limit
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Whether a failure is about what a person asked for: they can do something about it, the operator need not. */
export const isForThePerson = (code: ErrorCode): boolean => /^(input|image|access)\//.test(code)

/** Which words of the catalogues an error has (src/language/refuse.ts), to be said in the person's language. */
export interface ErrorWords {
  readonly key: string
  readonly values: Readonly<Record<string, unknown>>
}

export interface AppErrorOptions {
  /** What happened, naming the file, key, tensor or value. */
  readonly message: string
  /** What to do about it: one sentence. */
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  readonly say?: ErrorWords
  /** Whether the same request may succeed when tried again. */
  readonly retryable?: boolean
}

/** The shape of an AppError where it crosses a process or is stored. */
export interface AppErrorData {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly say?: ErrorWords
  readonly retryable: boolean
}

/** The one error class of the program: a code from the closed list, what happened, and what to do. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly say: ErrorWords | undefined
  readonly retryable: boolean

  constructor(code: ErrorCode, options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.details = options.details
    this.say = options.say
    this.retryable = options.retryable ?? false
  }

  /** The error as plain data, without stack or cause. */
  toJSON(): AppErrorData {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.say === undefined ? {} : { say: this.say }),
    }
  }

  static fromJSON(data: AppErrorData): AppError {
    return new AppError(data.code, data)
  }

  /** Any thrown value as an AppError; what is not one already becomes `fallback`. */
  static from(error: unknown, fallback: ErrorCode = 'internal'): AppError {
    if (error instanceof AppError) return error
    const message = error instanceof Error ? error.message : String(error)
    return new AppError(fallback, { message, cause: error })
  }
}
