import type { GoldenKind } from '../runner.ts'

/** Kind of case -> its runner. A kind that is not here is reported as unsupported. */
export const kinds: Readonly<Record<string, GoldenKind>> = {}
