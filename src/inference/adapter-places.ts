import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { AdapterFile, AdapterPlaces } from '../pipelines/adapter-places.ts'
import type { PresetAdapters } from './preset-schema.ts'

/** What a preset's paths mean on this machine. */
interface PresetPlaces {
  /** Absolute path of a path of the preset. */
  readonly place: (relative: string) => string
  /** The preset's files that are a path of it or lie below it, absolute. */
  readonly filesAt: (...relative: readonly string[]) => readonly AdapterFile[]
  readonly modelsDir?: string | undefined
}

/** The adapters of a preset's picture model with absolute paths. */
export function presetAdapters(
  { ipAdapter, controlNet, loras }: PresetAdapters,
  { place, filesAt, modelsDir }: PresetPlaces,
): AdapterPlaces {
  return {
    ...(ipAdapter && {
      ipAdapter: {
        name: path.parse(ipAdapter.file).name,
        file: place(ipAdapter.file),
        imageEncoder: place(ipAdapter.imageEncoder),
        files: filesAt(ipAdapter.file, ipAdapter.imageEncoder),
      },
    }),
    ...(controlNet && {
      controlNet: {
        name: path.basename(controlNet.folder),
        folder: place(controlNet.folder),
        files: filesAt(controlNet.folder),
      },
    }),
    loras: Object.fromEntries(
      Object.entries(loras).map(([name, { file }]) => [name, filesAt(file)[0] ?? { file: place(file) }]),
    ),
    loraFolders: modelsDir === undefined ? [] : [modelsDir],
  }
}

const isWeightFile = (name: string) => /\.(safetensors|bin)$/.test(name)

const weightFiles = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(isWeightFile)
        .sort()
        .map((name) => path.join(folder, name))
    : []

/**
 * Adapters that lie inside a checkpoint's folder: `controlnet/`, `ip_adapter/models/` or `ip_adapter/sdxl_models/`
 * (h94/IP-Adapter's layout; the first file in alphabetical order) and `lora/`.
 */
export function adaptersBeside(folder: string, modelsDir?: string): AdapterPlaces {
  const controlNet = path.join(folder, 'controlnet')
  const loras = weightFiles(path.join(folder, 'lora'))
  const ipAdapter = ['models', 'sdxl_models']
    .map((name) => path.join(folder, 'ip_adapter', name))
    .flatMap((below) =>
      weightFiles(below).map((file) => ({ file, imageEncoder: path.join(below, 'image_encoder') })),
    )[0]
  const asFiles = (...folders: string[]) => folders.flatMap(weightFiles).map((file) => ({ file }))
  return {
    ...(ipAdapter && {
      ipAdapter: {
        name: path.parse(ipAdapter.file).name,
        ...ipAdapter,
        files: [{ file: ipAdapter.file }, ...asFiles(ipAdapter.imageEncoder)],
      },
    }),
    ...(existsSync(path.join(controlNet, 'config.json')) && {
      controlNet: { name: 'controlnet', folder: controlNet, files: asFiles(controlNet) },
    }),
    loras: Object.fromEntries(loras.map((file) => [path.parse(file).name, { file }])),
    loraFolders: modelsDir === undefined ? [] : [modelsDir],
  }
}
