import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { decodeImage } from '../image/decode.ts'
import { configOf } from './config-flags.ts'
import { drawDirectly, type OfferedNames } from './draw-directly.ts'
import { exitCodes } from './exit-codes.ts'
import { quietLog } from './one-shot.ts'
import { printJson, printLine, tell } from './output.ts'
import { pictureSaver, readPictureWithRecipe } from './pictures.ts'
import { findInputs } from './replay-inputs.ts'
import { requestOf } from './replay-request.ts'

interface ReplayOptions {
  readonly out?: string
  readonly json?: boolean
  readonly input?: readonly string[]
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('draw a picture again from its recipe and say whether it is bit-identical (exit code 10 when not)')
    .argument('<file>', 'a PNG that this program drew')
    .option('--input <file...>', 'the pictures that it was made from (those in the data folder are found there)')
    .option('--out <file>', 'keep the new picture')
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  llmga replay car.png
  llmga replay car.png --out again.png
  llmga replay boat.png --input car.png mask.png`,
    )
    .action((file: string, options: ReplayOptions) => replay(program, file, options))
}

async function replay(program: Command, file: string, { out, json, input = [] }: ReplayOptions): Promise<void> {
  const original = await readPictureWithRecipe(file)
  const save = out === undefined ? undefined : await pictureSaver(out)
  const config = quietLog(configOf(program))
  const inputs = await findInputs(original.recipe, input, config.dataDir)
  const [image] = await drawDirectly(config, (models) =>
    requestOf(original.recipe, inputs, modelOf(original.recipe, models)),
  )
  if (!image) throw new AppError('inference/failed', { message: 'the recipe drew no picture' })
  const { png, width, height, recipe } = image
  const written = await save?.(png, {
    imageId: '',
    sha256: '',
    mediaType: 'image/png',
    width,
    height,
    alt: recipe.prompt,
  })
  const identical = await samePixels(original.bytes, png)
  const changes = differences(original.recipe, recipe)
  if (json) printJson({ file, identical, changes, ...(written && { written }) })
  else {
    printLine(identical ? 'bit-identical: every pixel is the same' : 'different: some pixels are not the same')
    for (const change of changes) tell(change)
    if (written) printLine(written)
  }
  if (!identical) process.exitCode = exitCodes.different
}

/** The model that drew, where it is offered: by the recipe's own name for its role. */
function modelOf({ models }: Recipe, offered: OfferedNames): string | undefined {
  const role = (['inpaint', 't2i', 'restore'] as const).find((one) => models[one])
  const name = role && models[role]?.name
  return name !== undefined && offered[role!]?.includes(name) ? name : undefined
}

const limits = { maxBytes: 1 << 30, maxPixels: 1 << 28 }

async function samePixels(a: Uint8Array, b: Uint8Array): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((bytes) => decodeImage(bytes, { limits })))
  return one!.width === other!.width && Buffer.from(one!.data).equals(Buffer.from(other!.data))
}

/** Models and versions that are not those of the original, which explain a difference. */
function differences(original: Recipe, now: Recipe): string[] {
  const models = Object.entries(original.models)
    .filter(([role, { sha256 }]) => now.models[role]?.sha256 !== sha256)
    .map(([role, { name }]) => `${role}: drawn with ${name}, whose weights are not those in use now`)
  const versions = Object.entries(original.versions)
    .filter(([what, version]) => now.versions[what] !== version)
    .map(([what, version]) => `${what}: ${version} then, ${now.versions[what] ?? 'none'} now`)
  const loras = (original.loras ?? [])
    .filter(({ name, sha256 }) => now.loras?.find((lora) => lora.name === name)?.sha256 !== sha256)
    .map(({ name }) => `LoRA ${name}: its weights are not those in use now`)
  return [...models, ...loras, ...versions]
}
