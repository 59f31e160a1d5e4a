import type { Command } from 'commander'
import type { Check } from '../contract/check.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { printJson, printLine } from './output.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at tokens, models, device, disk, clock and port, and say what to fix; exit code 1 when something is',
    )
    .option('--json', 'as one JSON array')
    .addHelpText('after', '\nExamples:\n  llmga doctor\n  DISCORD_TOKEN=… llmga doctor --json')
    .action(async ({ json }: { json?: boolean }) => {
      const { config } = configOf(program)
      const { examine, needsFixing } = await import('../operations/doctor.ts')
      const checks = await examine(config)
      if (json) printJson(checks)
      else checks.flatMap(linesOf).forEach(printLine)
      if (needsFixing(checks)) process.exitCode = exitCodes.internal
    })
}

const marks = new Map<Check['ok'], string>([
  [true, 'ok  '],
  [false, 'FIX '],
  ['skipped', '--  '],
])

const linesOf = ({ name, ok, detail, fix }: Check): readonly string[] => [
  `${marks.get(ok)}  ${name}: ${detail}`,
  ...(ok === false && fix !== undefined ? [`      ${fix}`] : []),
]
