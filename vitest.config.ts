import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // onnxruntime's native library does not like being unloaded with a worker thread
    expect: { poll: { timeout: 20_000 } }, // what a page shows comes later on a busy machine
    maxWorkers: 2, // much of a test's time is waiting; more would fight over the cores that onnxruntime takes
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'node_modules/.cache/vitest.json' }, // counted by .ci/run
  },
})
