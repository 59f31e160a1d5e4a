import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import {
  diffRirArgumentsSchema,
  restoreScales,
  type DiffRirArguments,
  type RestoreScale,
} from '../families/diffrir/diffrir-config.ts'
import { loadDiffRir, type DiffRir } from '../families/diffrir/diffrir.ts'
import { crop } from '../image/crop.ts'
import { regionOfMask } from '../image/region.ts'
import { resizeRgb } from '../image/resize.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { readConfig } from '../weights/config-file.ts'
import type { RegionRestorer } from './finish-masked.ts'
import { restoreTiles, type TileSettings } from './restore-tiles.ts'

/** What a preset says about a restoration model. */
export interface RestoreSettings {
  /** Checkpoint of each enlargement, in the model's folder. */
  readonly scales: Readonly<Partial<Record<RestoreScale, string>>>
  readonly tiles?: TileSettings
}

/** Restoration networks with what their recipes say about them; each is loaded when it is first used. */
export interface RestoreModel {
  readonly settings: RestoreSettings
  readonly identity: { readonly name: string; readonly sha256: string }
  readonly versions: Readonly<Record<string, string>>
  /** Enlargements that there are networks for, ascending. */
  readonly scales: readonly RestoreScale[]
  /** Throws AppError `input/invalid-option` for a scale that there is none for, and what loading throws. */
  network(scale: RestoreScale): Promise<DiffRir>
}

/** config.json beside the checkpoints: for each file the arguments it was made with; another key may hold anything. */
const configSchema = z.record(
  z.string(),
  z.object({ file: z.string().optional(), arch: diffRirArgumentsSchema.optional() }),
)

/** Opens a folder of DiffRIR checkpoints. Throws AppError `weights/missing` when one of the files is not there. */
export async function loadRestore(
  folder: string,
  runtime: Runtime,
  about: Pick<RestoreModel, 'settings' | 'identity' | 'versions'>,
): Promise<RestoreModel> {
  const files = about.settings.scales
  const scales = restoreScales.filter((scale) => files[scale] !== undefined)
  for (const scale of scales) checkFile(path.join(folder, files[scale]!))
  const loaded = new Map<RestoreScale, Promise<DiffRir>>()
  return {
    ...about,
    versions: { ...runtime.versions, ...about.versions },
    scales,
    network(scale) {
      const file = files[scale]
      if (file === undefined) throw noNetwork(about.identity.name, scale, scales)
      let network = loaded.get(scale)
      if (!network) {
        const given = { ...argumentsOf(folder, file), scale }
        network = loadDiffRir(path.join(folder, file), given, runtime)
        loaded.set(scale, network)
        network.catch(() => loaded.delete(scale)) // so that a later request tries again
      }
      return network
    },
  }
}

function checkFile(file: string): void {
  if (existsSync(file)) return
  throw new AppError('weights/missing', {
    message: `${file} is missing`,
    hint: 'Check the model folder, or fetch the model again.',
    details: { file },
  })
}

function argumentsOf(folder: string, file: string): DiffRirArguments {
  const config = path.join(folder, 'config.json')
  if (!existsSync(config)) return {}
  return Object.values(readConfig(config, configSchema)).find((entry) => entry.file === file)?.arch ?? {}
}

const noNetwork = (name: string, scale: number, scales: readonly RestoreScale[]) =>
  new AppError('input/invalid-option', {
    message: `${name} has no network that restores x${scale}`,
    hint: `Choose ${scales.map((one) => `x${one}`).join(' or ')}, or another restoration model.`,
  })

/** Of the enlargements that there are the one nearest to a factor. */
export function nearestScale(scales: readonly RestoreScale[], factor: number): RestoreScale {
  const distance = (scale: number) => Math.abs(Math.log(factor / scale))
  return [...scales].sort((a, b) => distance(a) - distance(b))[0]!
}

/** Restores drawn windows with a model: as large as they are in their picture, as near as its networks come. */
export function regionRestorer(model: RestoreModel, seed: number): RegionRestorer {
  return {
    async restore({ original, mask, region, generated }, { turn }) {
      const { drawn } = region
      const factor = Math.sqrt((region.width * region.height) / (drawn.width * drawn.height))
      const scale = nearestScale(model.scales, factor)
      const size = { width: drawn.width * scale, height: drawn.height * scale }
      const window = crop(original, region.left, region.top, region.width, region.height)
      const kept = {
        picture: resizeRgb(window, size.width, size.height, 'lanczos'),
        mask: regionOfMask(mask, region, size),
      }
      await turn()
      const network = await model.network(scale)
      const tiles = model.settings.tiles
      const run = restoreTiles(network, { drawn: generated, kept }, { seed, turn, ...(tiles && { tiles }) })
      for (;;) {
        const next = await run.next()
        if (next.done) return { image: next.value, scale }
      }
    },
  }
}
