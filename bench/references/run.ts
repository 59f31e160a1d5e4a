/**
 * `npm run bench:references [-- llama|torch|sdcpp|vision ...]`: this project and other engines in turn on the same random
 * weights, in one run; medians and ratios. Set-up before: bench/references/setup.sh.
 */
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { cpus, homedir, loadavg, totalmem } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { alternate } from './alternate.ts'
import { modelFolder, type Case, type Settings } from './case.ts'
import { llamaCases } from './llama-cases.ts'
import { pictureCases } from './picture-cases.ts'
import { table } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: path.join(homedir(), '.cache/llmga-bench') },
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(cpus().length) },
    layers: { type: 'string' },
    side: { type: 'string' },
    prepare: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})

const numberOr = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const settings: Settings = {
  folder: path.resolve(values.folder),
  threads: Number(values.threads),
  layers: numberOr(values.layers),
  side: numberOr(values.side),
}
const only = new RegExp(values.only ?? '')
const chosen = [...llamaCases, ...pictureCases].filter(
  ({ name, part }) => only.test(name) && (positionals.length === 0 || positionals.includes(part)),
)
const log = path.join(settings.folder, 'results.jsonl')
const tables = path.join(settings.folder, 'results.md')

/** Weights that no later case of this run wants are removed, unless they shall be kept: together they are large. */
function tidy(done: Case, later: readonly Case[]): void {
  const model = done.model(settings)
  if (values.keep || later.some((next) => next.model(settings) === model)) return
  rmSync(modelFolder(settings, model), { recursive: true, force: true })
}

mkdirSync(settings.folder, { recursive: true })
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
const load = loadavg()
  .map((value) => value.toFixed(1))
  .join(', ')
const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${memory}, Node ${process.version}`
const head = `\n${machine}, ${new Date().toISOString()}, load average ${load}, ${settings.threads} threads\n`
appendFileSync(tables, head)
process.stdout.write(head)
for (const [i, entry] of chosen.entries()) {
  try {
    await entry.prepare(settings)
    if (values.prepare) continue
    const measured = await alternate(entry.name, entry.engines(settings), Number(values.runs), log)
    const text = table(entry.name, measured)
    appendFileSync(tables, text)
    process.stdout.write(text)
  } catch (error) {
    // The others are worth having all the same.
    process.exitCode = 1
    process.stderr.write(`${entry.name}: ${String(error)}\n`)
  }
  if (!values.prepare) tidy(entry, chosen.slice(i + 1))
}
