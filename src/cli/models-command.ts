import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { cachedSnapshot } from '../hub/cache.ts'
import { verifyFiles } from '../inference/model-files.ts'
import { memoryOf } from '../inference/model-memory.ts'
import {
  isInstalled,
  listPresets,
  presetFiles,
  type LocatedPreset,
  type ModelFile,
} from '../inference/model-presets.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { printJson, printLine, tell, tellError } from './output.ts'
import { presetNamed, pullModels, withNeeds } from './pull-models.ts'
import { mebibytes } from './pull-progress.ts'
import { removeModel } from './remove-models.ts'
import { useModel } from './use-model.ts'

interface JsonOption {
  readonly json?: boolean
}

interface YesOption {
  readonly yes?: boolean
}

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('list, download, check, choose and remove models')
  const config = () => configOf(program).config
  const presets = () => listPresets(config())
  addListing(models, config, presets)
  models
    .command('pull')
    .description('download presets and what they need; goes on where an interrupted download stopped')
    .argument('<names...>', 'presets')
    .option('--yes', 'accept their licences')
    .addHelpText(
      'after',
      '\nExamples:\n  llmga models pull llmga-qwen2-1.5b sd15-t2i\n  HF_ENDPOINT=https://hf-mirror.com llmga models pull sd15-t2i --yes',
    )
    .action(async (names: string[], { yes }: YesOption) => {
      await pullModels(withNeeds(names, presets()), config(), { yes: yes ?? false })
    })
  models
    .command('remove')
    .description('delete downloaded files that no other model uses')
    .argument('<names...>', 'presets')
    .action(async (names: string[]) => {
      for (const name of names) await removeModel(presetNamed(name, presets()), presets(), config())
    })
  models
    .command('use')
    .description('write the model of a role (mllm, t2i, inpaint, restore, safety) into the config file')
    .argument('<role>')
    .argument('<name>', 'a preset, a folder, a .safetensors file, or none')
    .option('--yes', 'accept its licence')
    .addHelpText('after', '\nExamples:\n  llmga models use t2i sd15-t2i\n  llmga models use restore none')
    .action((role: string, name: string, { yes }: YesOption) =>
      useModel(role, name, configOf(program), {
        yes: yes ?? false,
        configFile: configOf(program).file,
      }),
    )
}

function addListing(models: Command, config: () => Places, presets: () => readonly LocatedPreset[]): void {
  models
    .command('list')
    .description('the presets: what they are for, whether they are here, size, memory, licence, source')
    .option('--json', 'as JSON lines')
    .option('--installed', 'only those whose files are here')
    .action(({ json, installed }: JsonOption & { readonly installed?: boolean }) => {
      for (const located of presets()) {
        const summary = summaryOf(located, config())
        if (installed && !summary.installed) continue
        if (json) printJson(summary)
        else linesOf(summary).forEach(printLine)
      }
    })
  models
    .command('where')
    .description('the folders of a preset')
    .argument('<name>', 'a preset')
    .action((name: string) => {
      const located = presetNamed(name, presets())
      foldersOf(located, config()).forEach(printLine)
    })
  models
    .command('verify')
    .description('read every file of the presets and compare size and hash; exit code 4 when one is wrong')
    .argument('[names...]', 'presets; without a name all that have files here')
    .option('--json', 'as JSON lines')
    .addHelpText('after', '\nExamples:\n  llmga models verify\n  llmga models verify llmga-tiny --json')
    .action(async (names: string[], { json }: JsonOption) => {
      const known = presets()
      const chosen = names.length === 0 ? presetsHere(known, config()) : names.map((name) => presetNamed(name, known))
      for (const located of chosen) await verify(located.preset.name, presetFiles(located, config()), json ?? false)
    })
}

/** Where files are looked for. */
interface Places {
  readonly modelsDir?: string | undefined
  readonly hubCache: string
}

/** Those that are whole, and those of which there is something that no whole one has: they are damaged. */
function presetsHere(known: readonly LocatedPreset[], places: Places): readonly LocatedPreset[] {
  const whole = known.filter((located) => isInstalled(located, places))
  const theirs = new Set(whole.flatMap((located) => presetFiles(located, places)).map(({ file }) => file))
  const isPart = (located: LocatedPreset) =>
    presetFiles(located, places).some(({ file }) => !theirs.has(file) && existsSync(file))
  return known.filter((located) => whole.includes(located) || isPart(located))
}

type Summary = ReturnType<typeof summaryOf>

const summaryOf = (located: LocatedPreset, places: Places) => {
  const { name, title, licence, source, roles, component, shapes, hub, byHand } = located.preset
  const files = presetFiles(located, places)
  const sizeBytes = files.reduce((sum, { sizeBytes: bytes }) => sum + (bytes ?? 0), 0)
  return {
    name,
    title,
    licence,
    source,
    folder: located.root,
    installed: isInstalled(located, places),
    roles: component ? [component.family] : Object.keys(roles),
    mebibytes: sizeBytes > 0 ? Math.ceil(sizeBytes / 2 ** 20) : undefined,
    memory: memoryOf({ shapes }),
    revisions: hub.map(({ repository, revision }) => `${repository}@${revision}`),
    byHand,
  }
}

function linesOf({ name, title, licence, source, folder, installed, roles, mebibytes: size, memory }: Summary) {
  const needs = memory.map(({ device, precision, bytes }) => `${device} ${precision} ${mebibytes(bytes)}`)
  return [
    `${name}  ${roles.join(', ')}  ${installed ? 'here' : 'not downloaded'}${size === undefined ? '' : `  ${size} MiB`}  ${licence}`,
    `  ${title}`,
    ...(needs.length > 0 ? [`  memory of the weights: ${needs.join(', ')}`] : []),
    `  ${source}`,
    ...(installed ? [`  ${folder}`] : []),
  ]
}

function foldersOf({ preset, root }: LocatedPreset, { hubCache }: Places): readonly string[] {
  if (preset.hub.length === 0) return [root]
  return preset.hub.map(
    (source) =>
      cachedSnapshot(hubCache, source) ?? `${source.repository}: not downloaded (llmga models pull ${preset.name})`,
  )
}

async function verify(name: string, files: readonly ModelFile[], json: boolean): Promise<void> {
  if (files.length === 0) tell(`${name}: its preset lists no files`)
  for (const { file, error, isKnown } of await verifyFiles(files)) {
    if (json) printJson({ preset: name, file, ok: error === undefined, ...(error && { error }) })
    else if (error) tellError(error)
    else printLine(`ok  ${file}${isKnown ? '' : '  (its hash is not known)'}`)
    if (error) process.exitCode = exitCodes.model
  }
}
