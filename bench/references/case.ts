/** What a comparison consists of. */
import { existsSync, renameSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Engine } from './alternate.ts'

/** A part of what set-up brings, and of what is asked for: `npm run bench:references -- llama`. */
export type Part = 'llama' | 'torch' | 'sdcpp' | 'vision'

export interface Settings {
  /** Holds the reference engines, the random weights and the results. */
  readonly folder: string
  readonly threads: number
  /** Fewer layers of language models and vision towers, to see that everything runs. */
  readonly layers: number | undefined
  /** Pixels of a picture's side, instead of the case's own. */
  readonly side: number | undefined
}

export interface Case {
  readonly name: string
  readonly part: Part
  /** Folder of its weights below `folder`/models. Cases may share one. */
  readonly model: (settings: Settings) => string
  /** Makes what is missing of weights and converted files; nothing when all is there. */
  readonly prepare: (settings: Settings) => Promise<void>
  /** This project's first; the others are references. */
  readonly engines: (settings: Settings) => readonly Engine[]
}

const here = path.dirname(fileURLToPath(import.meta.url))

/** One of this folder's programs for Node. */
export const nodeEngine = (name: string, program: string, job: object): Engine => ({
  name,
  command: [process.execPath, '--import', import.meta.resolve('tsx'), path.join(here, program), JSON.stringify(job)],
})

/** One of this folder's programs for the Python that set-up made. */
export const pythonEngine = ({ folder }: Settings, name: string, program: string, job: object): Engine => ({
  name,
  command: [path.join(folder, 'torch/bin/python'), path.join(here, program), JSON.stringify(job)],
})

export const modelFolder = ({ folder }: Settings, name: string): string => path.join(folder, 'models', name)

/** Makes a file unless it is there; a kill leaves none that is half written. */
export function once(file: string, make: (file: string) => void): void {
  if (existsSync(file)) return
  process.stderr.write(`making ${file}\n`)
  make(`${file}.part`)
  renameSync(`${file}.part`, file)
}
