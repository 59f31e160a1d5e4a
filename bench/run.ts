/**
 * `npm run bench [-- --only REGEX]`: each section in a process of its own; ratios compare within one run.
 * `npm run bench -- --growth` measures how time and memory grow instead (growth/run.ts).
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Figure } from './measure.ts'

const folder = fileURLToPath(new URL('sections', import.meta.url))
const { values } = parseArgs({ options: { only: { type: 'string' }, growth: { type: 'boolean' } } })
const only = values.only === undefined ? undefined : new RegExp(values.only)

function runSection(file: string): Promise<Figure[]> {
  const args = ['--import', import.meta.resolve('tsx'), path.join(folder, file)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const last = output.trim().split('\n').at(-1) ?? ''
      if (code === 0) resolve(JSON.parse(last) as Figure[])
      else reject(new Error(`${file} ended with ${code}`))
    })
  })
}

const show = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

function line({ name, value, unit, ratio, goal }: Figure): string {
  const compared = ratio ? `${show(ratio.value)} of ${ratio.to}` : ''
  return `| ${name} | ${show(value)} ${unit} | ${compared} | ${goal ?? ''} |\n`
}

if (values.growth) {
  await import('./growth/run.ts')
  process.exit()
}

const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
process.stdout.write(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${memory}, Node ${process.version}\n\n`)
process.stdout.write('| what | figure | ratio | goal |\n| --- | --- | --- | --- |\n')
for (const file of readdirSync(folder).sort()) {
  if (only && !only.test(file)) continue
  for (const figure of await runSection(file)) process.stdout.write(line(figure))
}
