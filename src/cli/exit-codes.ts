import type { ErrorCode } from '../contract/errors.ts'

/** Exit codes beside 0 that scripts may rely on; documented in `llmga --help`. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  input: 3,
  model: 4,
  inference: 5,
  storage: 6,
  refused: 7,
  port: 8,
  nothingDrawn: 9,
  different: 10,
  flagged: 11,
  unreachable: 12,
  cancelled: 130,
} as const

export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  internal: 'an error in the program',
  usage: 'a wrong command line, option or setting',
  input: 'text, picture or file that cannot be used',
  model: 'a model that is missing, damaged or not supported',
  inference: 'the models failed while computing',
  storage: 'the data folder is full, locked, damaged or of a newer version',
  refused: 'not allowed, or a limit is reached',
  port: 'the port is in use',
  nothingDrawn: 'the assistant answered without a picture',
  different: 'replay: the picture is not bit-identical',
  flagged: 'screen: the picture is flagged as not safe for work',
  unreachable: 'the place where models are downloaded from cannot be reached',
  cancelled: 'cancelled',
}

const byCode: Readonly<Record<ErrorCode, keyof typeof exitCodes>> = {
  'config/invalid': 'usage',
  'config/port-in-use': 'port',
  'input/empty': 'input',
  'input/too-long': 'input',
  'input/not-text': 'input',
  'input/unknown-option': 'usage',
  'input/invalid-option': 'usage',
  'input/not-found': 'input',
  'image/unreadable': 'input',
  'image/unsupported': 'input',
  'image/too-large': 'input',
  'weights/missing': 'model',
  'weights/corrupt': 'model',
  'weights/shape-mismatch': 'model',
  'weights/hash-mismatch': 'model',
  'model/unsupported': 'model',
  'model/not-found': 'model',
  'model/too-large': 'model',
  'hub/unreachable': 'unreachable',
  'inference/cancelled': 'cancelled',
  'inference/worker-crashed': 'inference',
  'inference/out-of-memory': 'inference',
  'inference/failed': 'inference',
  'storage/full': 'storage',
  'storage/newer-version': 'storage',
  'storage/corrupt': 'storage',
  'storage/locked': 'storage',
  'access/denied': 'refused',
  'access/limit': 'refused',
  internal: 'internal',
}

/** The exit code that stands for an error. */
export const exitCodeOf = (code: ErrorCode): number => exitCodes[byCode[code]]
