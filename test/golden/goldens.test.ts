import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findCases, runCase } from './runner.ts'

const root = fileURLToPath(new URL('cases', import.meta.url))

describe.each(['lm', 'sd'])('golden vectors in %s', (area) => {
  test.each(findCases(path.join(root, area)).map((dir) => [path.basename(dir), dir] as const))('%s', async (_, dir) => {
    const { outcome, failures, crash } = await runCase(dir)
    expect({ outcome, failures, crash }).toEqual({ outcome: 'pass', failures: [], crash: undefined })
  })
})
