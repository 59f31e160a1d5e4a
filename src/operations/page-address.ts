import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where the running program's page is, for `llmga status` on the same machine. */
const fileOf = (dataDir: string): string => path.join(dataDir, 'address')

/** Notes the address in the data folder until the program leaves. Returns how to take the note away. */
export function notePageAddress(dataDir: string, url: string): () => void {
  writeFileSync(fileOf(dataDir), `${url}\n`, { mode: 0o600 })
  return () => rmSync(fileOf(dataDir), { force: true })
}

/** The noted address; undefined when no program has noted one. */
export function readPageAddress(dataDir: string): string | undefined {
  try {
    return readFileSync(fileOf(dataDir), 'utf8').trim()
  } catch {
    return undefined
  }
}
