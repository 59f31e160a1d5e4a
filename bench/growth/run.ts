/**
 * `npm run bench -- --growth [--only REGEX]`: how time and memory grow. Prints a table for each section
 * and writes its plot to docs/growth.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { tableOf, type Curve } from './curve.ts'
import { chartSvg } from './plot.ts'

const sections = fileURLToPath(new URL('sections', import.meta.url))
const plots = fileURLToPath(new URL('../../docs/growth', import.meta.url))
const { values } = parseArgs({ options: { only: { type: 'string' }, growth: { type: 'boolean' } } })
const only = new RegExp(values.only ?? '')

function curvesOf(file: string): readonly Curve[] {
  const args = ['--expose-gc', '--import', import.meta.resolve('tsx'), path.join(sections, file)]
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 24,
  })
  if (status !== 0) throw new Error(`${file} ended with ${status}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Curve[]
}

mkdirSync(plots, { recursive: true })
for (const file of readdirSync(sections).sort()) {
  if (!only.test(file)) continue
  const load = loadavg()[0]!.toFixed(1)
  for (const curve of curvesOf(file)) {
    writeFileSync(path.join(plots, `${curve.name}.svg`), chartSvg(curve.panels))
    process.stdout.write(`\n${curve.name} (load average before: ${load})\n\n${tableOf(curve)}\n`)
  }
}
