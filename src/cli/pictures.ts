import { constants } from 'node:fs'
import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pictureName } from '../../adapters/terminal/files.ts'
import { AppError } from '../contract/errors.ts'
import type { OutgoingImage } from '../contract/outgoing.ts'
import type { Recipe } from '../contract/recipe.ts'
import { inspectImage } from '../image/inspect.ts'
import { readPngText, recipeKeyword } from '../image/png.ts'
import type { PixelSize } from '../image/vae-preprocess.ts'
import { recipeSchema } from '../inference/recipe-schema.ts'

export type SavePicture = (bytes: Uint8Array, image: OutgoingImage) => Promise<string>

/**
 * Where pictures go: into the file `out` (the second to car-2.png and so on), or with readable names into the folder
 * `out`, by default the working folder. The folder is made and tried at once, so that nothing is drawn in vain.
 * Throws AppError `input/invalid-option`; saving throws `storage/full`.
 */
export async function pictureSaver(out = '.'): Promise<SavePicture> {
  const isFolder = out.endsWith('/') || ((await stat(out).catch(() => undefined))?.isDirectory() ?? false)
  const folder = path.resolve(isFolder ? out : path.dirname(out))
  await prepare(folder)
  let saved = 0
  return async (bytes, image) => {
    saved += 1
    const name = isFolder ? pictureName(image) : numbered(path.basename(out), saved)
    return writePicture(path.join(folder, name), bytes)
  }
}

function numbered(name: string, count: number): string {
  const { name: stem, ext } = path.parse(name)
  return count === 1 ? name : `${stem}-${count}${ext}`
}

async function prepare(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new AppError('input/invalid-option', {
      message: `pictures cannot be written to ${folder}`,
      hint: 'Choose another place with --out.',
      cause,
    })
  }
}

/** Throws AppError `storage/full`. */
export async function writePicture(file: string, bytes: Uint8Array): Promise<string> {
  try {
    await writeFile(file, bytes)
    return file
  } catch (cause) {
    throw new AppError('storage/full', {
      message: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Make room, or choose another place with --out.',
      cause,
    })
  }
}

/** A picture's size as it is seen, after its EXIF turning. Throws AppError `image/unreadable`, `image/unsupported`. */
export function uprightSize(bytes: Uint8Array): PixelSize {
  const { width, height, orientation } = inspectImage(bytes)
  return orientation >= 5 ? { width: height, height: width } : { width, height }
}

/** A picture file with the recipe in it. Throws AppError `input/not-found`, `image/unreadable`. */
export async function readPictureWithRecipe(file: string): Promise<{ bytes: Uint8Array; recipe: Recipe }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError('input/not-found', { message: `${file} cannot be read`, hint: 'Check the path.', cause })
  })
  const text = readPngText(bytes)[recipeKeyword]
  const none = (what: string) =>
    new AppError('image/unreadable', { message: `${file} ${what}`, hint: 'Take a PNG as this program saved it.' })
  if (text === undefined) throw none('holds no recipe')
  const parsed = recipeSchema.safeParse(parseJson(text))
  if (!parsed.success) throw none('holds a recipe that this version cannot read')
  return { bytes, recipe: parsed.data }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the schema refuses it
  }
}
