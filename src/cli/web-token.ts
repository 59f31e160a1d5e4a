import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** The page's own token, made at the first start that needs one and kept for its owner only, so that sessions last. */
export function readOrMakeToken(dataDir: string): string {
  const file = path.join(dataDir, 'web-token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const token = randomBytes(24).toString('base64url')
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${token}\n`, { mode: 0o600 })
    return token
  }
}
