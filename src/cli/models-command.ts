import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import { verifyFiles } from '../inference/model-files.ts'
import { listPresets, presetFiles, type LocatedPreset, type ModelFile } from '../inference/model-presets.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { printJson, printLine, tellError } from './output.ts'

interface JsonOption {
  readonly json?: boolean
}

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('list the presets, or check their files')
  const places = () => ({ modelsDir: configOf(program).config.modelsDir })
  const presets = () => listPresets(places())
  models
    .command('list')
    .description('the presets with their roles, sizes, licences and sources')
    .option('--json', 'as JSON lines')
    .action(({ json }: JsonOption) => {
      for (const located of presets()) {
        const summary = summaryOf(located)
        if (json) printJson(summary)
        else
          printLine(
            `${summary.name}  ${summary.roles.join(', ')}  ${summary.mebibytes} MiB  ${summary.licence}\n  ${summary.title}\n  ${summary.source}\n  ${summary.folder}`,
          )
      }
    })
  models
    .command('verify')
    .description('read every file of the presets and compare size and sha256; exit code 4 when one is wrong')
    .argument('[names...]', 'presets; without a name all that have files here')
    .option('--json', 'as JSON lines')
    .addHelpText('after', '\nExamples:\n  llmga models verify\n  llmga models verify llmga-tiny --json')
    .action(async (names: string[], { json }: JsonOption) => {
      const known = presets()
      const isHere = (located: LocatedPreset) => presetFiles(located, places()).some(({ file }) => existsSync(file))
      for (const located of names.length === 0 ? known.filter(isHere) : names.map((name) => presetNamed(name, known)))
        await verify(located.preset.name, presetFiles(located, places()), json ?? false)
    })
}

const summaryOf = ({ preset: { name, title, licence, source, roles, files }, root }: LocatedPreset) => ({
  name,
  title,
  licence,
  source,
  folder: root,
  roles: Object.keys(roles),
  mebibytes: Math.ceil(Object.values(files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 2 ** 20),
})

function presetNamed(name: string, known: readonly LocatedPreset[]): LocatedPreset {
  const found = known.find(({ preset }) => preset.name === name)
  if (found) return found
  const hint = `Presets: ${known.map(({ preset }) => preset.name).join(', ')}.`
  throw new AppError('model/not-found', { message: `there is no preset "${name}"`, hint })
}

async function verify(name: string, files: readonly ModelFile[], json: boolean): Promise<void> {
  for (const { file, error } of await verifyFiles(files)) {
    if (json) printJson({ preset: name, file, ok: error === undefined, ...(error && { error }) })
    else if (error) tellError(error)
    else printLine(`ok  ${file}`)
    if (error) process.exitCode = exitCodes.model
  }
}
