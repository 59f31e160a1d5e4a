import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isLoopback } from '../../adapters/web/options.ts'
import type { AccessToken, Config } from '../../config/schema.ts'

/**
 * The tokens that open the page: those of the settings, else one of the program's own. Nobody but this machine's people
 * can reach a page on localhost, so that one has none.
 */
export function pageTokens({ httpToken, httpHost, publicUrl, dataDir }: Config): readonly AccessToken[] {
  if (httpToken) return httpToken
  const isLocal = isLoopback(httpHost) && (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname))
  return isLocal ? [] : [{ token: readOrMakeToken(dataDir) }]
}

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
