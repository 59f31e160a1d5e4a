import { configDefaults, defineConfig } from 'vitest/config'

/** Stories of the started program on both platforms: minutes of real models, `npm run acceptance`. */
const long = 'test/acceptance/platforms/**'

/** `npm test` runs all but the long stories, `npm run acceptance` (mode acceptance) every story of the started program. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === 'acceptance' ? 'test/acceptance/**/*.test.ts' : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'acceptance' ? [] : [long])],
    pool: 'forks', // onnxruntime's native library does not like being unloaded with a worker thread
    expect: { poll: { timeout: 20_000 } }, // what a page shows comes later on a busy machine
    maxWorkers: mode === 'acceptance' ? 1 : 2, // much of a test's time is waiting; more would fight over the cores that onnxruntime takes
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'node_modules/.cache/vitest.json' }, // counted by .ci/run
  },
}))
