import { readFileSync } from 'node:fs'
import { AppError } from '../contract/errors.ts'
import type { ResolvedModel } from './model-presets.ts'

/** What a small model knows, for the notice and the examples of BotAbout. */
export interface ModelWorld {
  readonly notice: string
  readonly knows: Readonly<Record<string, readonly string[]>>
  readonly examples: readonly string[]
}

interface WorldFile {
  readonly objects: Readonly<Record<string, unknown>>
  readonly backgrounds: Readonly<Record<string, unknown>>
  readonly colours: readonly string[]
  readonly accessories: Readonly<Record<string, { readonly phrase: string }>>
}

/** The world of a model's preset; undefined for a model without one. Throws AppError `weights/missing`. */
export function readWorld({ name, world }: Pick<ResolvedModel, 'name' | 'world'>): ModelWorld | undefined {
  if (!world) return undefined
  const { objects, backgrounds, colours, accessories } = parseWorld(world.file)
  const knows = {
    objects: Object.keys(objects),
    places: Object.keys(backgrounds),
    colours,
    accessories: Object.keys(accessories).filter((accessory) => accessories[accessory]?.phrase !== ''),
  }
  const counts = Object.entries(knows).map(([what, names]) => `${names.length} ${what}`)
  const list = `${counts.slice(0, -1).join(', ')} and ${counts.at(-1)}`
  const notice = `${name} is a small model that knows one cartoon world: ${list}. Other words are ignored or give nonsense.`
  return { notice, knows, examples: world.examples }
}

function parseWorld(file: string): WorldFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as WorldFile
  } catch (cause) {
    throw new AppError('weights/missing', {
      message: `${file} cannot be read`,
      hint: 'Restore the model folder, or choose another model.',
      details: { file },
      cause,
    })
  }
}
