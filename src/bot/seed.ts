import { randomInt } from 'node:crypto'

/** A seed from 0 to 2^32 - 1, taken when a job is accepted, so that it draws the same when it runs again. */
export const randomSeed = (): number => randomInt(2 ** 32)
