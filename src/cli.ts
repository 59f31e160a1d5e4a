import { createProgram, runProgram } from './cli/program.ts'
import { version } from './cli/version.ts'

await runProgram(createProgram(version), process.argv.slice(2))
