import type { Command } from 'commander'
import { configOf } from './config-flags.ts'
import { printLine, tell } from './output.ts'

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** `llmga data backup` and `llmga data restore` (`llmga restore` mends pictures). */
export function addDataCommands(program: Command): void {
  const data = program
    .command('data')
    .description('back up or restore threads, jobs and pictures')
    .addHelpText('after', '\nExample:\n  llmga data backup llmga.tar')
  data
    .command('backup')
    .description(
      'write the threads, jobs and pictures of the data folder into one tar file; the program may be running',
    )
    .argument('<file>', 'the file to write; it must not exist')
    .addHelpText(
      'after',
      '\nExamples:\n  llmga data backup llmga-$(date +%F).tar\n  LLMGA_DATA_DIR=/srv/llmga llmga data backup /backup/llmga.tar',
    )
    .action(async (file: string) => {
      const { backUp } = await import('../operations/backup.ts')
      const { pictures, sizeBytes, missing } = await backUp(configOf(program).config.dataDir, file)
      if (missing.length > 0)
        tell(`${missing.length} pictures of the threads are not in the data folder, and not in the backup`)
      printLine(`${file}: ${pictures} pictures, ${mebibytes(sizeBytes)}`)
    })
  data
    .command('restore')
    .description('put a backup into the data folder; the program must not be running')
    .argument('<file>', 'what "llmga data backup" wrote')
    .option('--force', 'replace the data that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  llmga data restore llmga-2026-01-31.tar\n  llmga data restore llmga.tar --data-dir /srv/llmga --force',
    )
    .action(async (file: string, { force }: { force?: boolean }) => {
      const { restore } = await import('../operations/restore.ts')
      const { dataDir } = configOf(program).config
      const { pictures, missing } = await restore(file, dataDir, { force: force ?? false })
      if (missing > 0) tell(`${missing} pictures of the threads are not in the backup`)
      printLine(`${dataDir}: restored with ${pictures} pictures`)
    })
}
