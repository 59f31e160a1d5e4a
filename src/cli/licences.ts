import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { AppError } from '../contract/errors.ts'
import type { Preset } from '../inference/preset-schema.ts'
import { tell } from './output.ts'

export interface LicenceOptions {
  readonly cacheDir: string
  /** Accepted on the command line. */
  readonly yes: boolean
}

type Licensed = Pick<Preset, 'name' | 'licence' | 'source'>

/**
 * Shows the licences that have not been accepted here, and asks. Throws AppError `access/denied` when they are not
 * accepted, or when there is nobody to ask and `yes` was not given.
 */
export async function acceptLicences(presets: readonly Licensed[], { cacheDir, yes }: LicenceOptions): Promise<void> {
  const file = path.join(cacheDir, 'accepted-licences.json')
  const accepted = await readAccepted(file)
  const fresh = presets.filter(({ name, licence }) => accepted[name] !== licence)
  if (fresh.length === 0) return
  for (const { name, licence, source } of fresh) tell(`${name}: ${licence}\n  ${source}`)
  if (!yes && !(await ask(fresh.length))) throw notAccepted()
  const now = { ...accepted, ...Object.fromEntries(fresh.map(({ name, licence }) => [name, licence])) }
  await mkdir(cacheDir, { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, JSON.stringify(now, undefined, 2))
  await rename(temporary, file)
}

async function readAccepted(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  } catch {
    return {} // none yet, or damaged: the person is asked again
  }
}

async function ask(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await questions.question(`Accept ${count === 1 ? 'this licence' : 'these licences'}? [y/N] `)
  questions.close()
  return /^y(es)?$/i.test(answer.trim())
}

const notAccepted = () =>
  new AppError('access/denied', {
    message: 'the licence was not accepted',
    hint: 'Read it at the address above; --yes accepts it.',
  })
