import { readFile } from 'node:fs/promises'
import { AppError } from '../contract/errors.ts'
import type { Recipe, RecipeInput } from '../contract/recipe.ts'
import { blobFile, blobFolder, sha256Of } from '../conversation/blobs.ts'
import { decodeImage } from '../image/decode.ts'
import { encodeGreyPng } from '../image/png.ts'
import { readMask } from '../image/read-mask.ts'
import { inputLimits } from '../pipelines/input-picture.ts'
import type { ReplayInputs } from './replay-request.ts'

const named: Readonly<Record<RecipeInput, string>> = {
  image: 'the picture that it began with',
  mask: 'its mask',
  subject: 'the picture of its subject',
  control: 'its condition picture',
}

/**
 * The files that a recipe names by their sha256: from `files`, else from the blobs of the data folder (read, never
 * changed). A mask may also be given as it was drawn by hand. Throws AppError `input/not-found` that names what is
 * missing.
 */
export async function findInputs(recipe: Recipe, files: readonly string[], dataDir: string): Promise<ReplayInputs> {
  const given = await Promise.all(files.map(readGiven))
  const found: { -readonly [Input in RecipeInput]?: Uint8Array } = {}
  for (const input of ['image', 'mask', 'subject', 'control'] as const) {
    const sha256 = recipe.inputs?.[input]
    if (sha256 === undefined) continue
    found[input] =
      given.find((bytes) => sha256Of(bytes) === sha256) ??
      (await storedBlob(dataDir, sha256)) ??
      (input === 'mask' ? await drawnMask(given, found.image, sha256) : undefined) ??
      missing(input, sha256, files.length)
  }
  return found
}

const readGiven = (file: string): Promise<Uint8Array> =>
  readFile(file).catch((cause: unknown) => {
    throw new AppError('input/not-found', { message: `${file} cannot be read`, hint: 'Check the path.', cause })
  })

/** Undefined for one that is not there or whose bytes are not what its name says. */
async function storedBlob(dataDir: string, sha256: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(blobFile(blobFolder(dataDir), sha256)).catch(() => undefined)
  return bytes && sha256Of(bytes) === sha256 ? bytes : undefined
}

/** A given file that, brought to the picture's size as black and white, is the mask of the recipe. */
async function drawnMask(given: readonly Uint8Array[], picture: Uint8Array | undefined, sha256: string) {
  if (!picture) return undefined
  const size = await decodeImage(picture, { limits: inputLimits })
  for (const image of given) {
    const spec = { shapes: [{ type: 'image' as const, image }] }
    const png = await readMask(spec, size, inputLimits).then(encodeGreyPng, () => undefined) // another picture
    if (png && sha256Of(png) === sha256) return png
  }
  return undefined
}

function missing(input: RecipeInput, sha256: string, given: number): never {
  const where = given === 0 ? 'in the data folder' : 'among the files given or in the data folder'
  throw new AppError('input/not-found', {
    message: `the recipe needs ${named[input]} (sha256 ${sha256.slice(0, 16)}…), which is not ${where}`,
    hint:
      input === 'mask'
        ? 'Give it with --input FILE: the mask that --save-mask wrote, or the one that was drawn.'
        : 'Give the unchanged file with --input FILE.',
    details: { input, sha256 },
  })
}
