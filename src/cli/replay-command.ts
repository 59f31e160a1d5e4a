import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import type { GeneratedImage, TextToImageRequest } from '../contract/inference.ts'
import type { Recipe } from '../contract/recipe.ts'
import { decodeImage } from '../image/decode.ts'
import { showProgress } from '../../adapters/terminal/progress-line.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { onInterrupt } from './interrupts.ts'
import { quietLog } from './one-shot.ts'
import { printJson, printLine, tell } from './output.ts'
import { pictureSaver, readPictureWithRecipe } from './pictures.ts'

interface ReplayOptions {
  readonly out?: string
  readonly json?: boolean
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('draw a picture again from its recipe and say whether it is bit-identical (exit code 10 when not)')
    .argument('<file>', 'a PNG that this program drew')
    .option('--out <file>', 'keep the new picture')
    .option('--json', 'the result as one JSON object')
    .addHelpText('after', '\nExamples:\n  llmga replay car.png\n  llmga replay car.png --out again.png')
    .action((file: string, options: ReplayOptions) => replay(program, file, options))
}

/** The request that a recipe answers. */
export const requestOf = (recipe: Recipe): TextToImageRequest => ({
  kind: 'text-to-image',
  prompt: recipe.prompt,
  negativePrompt: recipe.negativePrompt,
  seed: recipe.seed,
  steps: recipe.steps,
  guidanceScale: recipe.guidanceScale,
  width: recipe.width,
  height: recipe.height,
  sampler: recipe.sampler,
  count: recipe.index + 1,
  onlyIndex: recipe.index,
  previews: false,
  ...(recipe.variation && { variation: recipe.variation }),
  ...(recipe.wish !== undefined && { wish: recipe.wish }),
})

async function replay(program: Command, file: string, { out, json }: ReplayOptions): Promise<void> {
  const original = await readPictureWithRecipe(file)
  const save = out === undefined ? undefined : await pictureSaver(out)
  const image = await draw(program, requestOf(original.recipe))
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

async function draw(program: Command, request: TextToImageRequest): Promise<GeneratedImage> {
  const config = quietLog(configOf(program))
  const { composeInference, createLog } = await import('../compose.ts')
  const { inference } = composeInference(config, createLog(config))
  const controller = new AbortController()
  const stopListening = onInterrupt(() => controller.abort())
  try {
    let image: GeneratedImage | undefined
    for await (const event of inference.run(request, { signal: controller.signal })) {
      if (event.type === 'image') image = event.image
      if (event.type === 'error') throw AppError.fromJSON(event.error)
      if (event.type === 'step' && process.stderr.isTTY)
        process.stderr.write(`\r\u001b[2K${showProgress({ phase: 'drawing', block: 0, ...event }, { bar: true })}`)
    }
    if (process.stderr.isTTY) tell('')
    if (image) return image
    throw new AppError('inference/failed', { message: 'the recipe drew no picture' })
  } finally {
    stopListening()
    await inference.stop()
  }
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
  return [...models, ...versions]
}
