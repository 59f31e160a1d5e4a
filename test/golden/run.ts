/**
 * `npm run golden -- DIR [--only REGEX] [--device cpu|webgpu|cuda] [--precision fp32|fp16]`: compares every case folder of
 * DIR with the project's own computation, in fp32 at the cases' own tolerances, in fp16 at that of half-tolerance.ts.
 */
import { parseArgs } from 'node:util'
import { computeOn } from './golden-runtime.ts'
import { halfToleranceInWords } from './half-tolerance.ts'
import { findCases, runCase, type CaseResult } from './runner.ts'

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'fp32' },
  },
  allowPositionals: true,
})
const dir = positionals[0]
const device = (['cpu', 'webgpu', 'cuda'] as const).find((name) => name === values.device)
const precision = (['fp32', 'fp16'] as const).find((name) => name === values.precision)
if (!dir || !device || !precision) {
  process.stderr.write(
    'usage: npm run golden -- DIR [--only REGEX] [--device cpu|webgpu|cuda] [--precision fp32|fp16]\n',
  )
  process.exit(2)
}
try {
  await computeOn(device, precision)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}

const number = (value: number) => (Number.isFinite(value) ? value.toExponential(2) : '-')

function report(result: CaseResult): void {
  const { name, kind, outcome, worst, isHalf } = result
  const columns = [name.padEnd(34), kind.padEnd(24), number(worst?.error ?? 0), number(worst?.allowed ?? 0), outcome]
  if (precision === 'fp16' && !isHalf) columns.push('(no graph in fp16)')
  process.stdout.write(`${columns.join('  ')}\n`)
  for (const { name: what, error, allowed, note } of result.failures)
    process.stdout.write(`    ${what}: error ${number(error)}, allowed ${number(allowed)}${note ? `; ${note}` : ''}\n`)
  if (result.crash)
    process.stdout.write(
      `    ${result.crash instanceof Error ? (result.crash.stack ?? result.crash.message) : JSON.stringify(result.crash)}\n`,
    )
}

const counts = { pass: 0, fail: 0, unsupported: 0 }
const cases = findCases(dir, values.only === undefined ? undefined : new RegExp(values.only))
for (const folder of cases) {
  const result = await runCase(folder)
  counts[result.outcome]++
  report(result)
}
if (cases.length === 0) process.stderr.write(`no case folders in ${dir}\n`)
process.stdout.write(`${counts.pass} passed, ${counts.fail} failed, ${counts.unsupported} unsupported\n`)
if (precision === 'fp16') process.stdout.write(`${halfToleranceInWords}; the rest as in fp32\n`)
process.exitCode = counts.fail > 0 || cases.length === 0 ? 1 : 0
