import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createWebAdapter } from '../../../adapters/web/adapter.ts'
import { statusOfCode } from '../../../adapters/web/error-response.ts'
import { defaultLimits } from '../../../adapters/web/options.ts'
import { feedEventNames } from '../../../adapters/web/wire.ts'
import { keepLog, localOptions } from './web.ts'

const text = readFileSync(new URL('../../../docs/web-api.md', import.meta.url), 'utf8')
const headings = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '')

describe('docs/web-api.md', () => {
  it('describes each route that is registered, and no other', () => {
    const { routes } = createWebAdapter(localOptions, keepLog()).routes
    const registered = routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)
    expect(headings(/^### `((?:GET|POST|PUT|PATCH|DELETE) .*)`$/gm).sort()).toEqual([...new Set(registered)].sort())
  })

  it('describes each event of the stream, and no other', () => {
    expect(headings(/^### event `(.*)`$/gm)).toEqual([...feedEventNames])
  })

  it('lists each error code beside its status', () => {
    for (const [code, status] of Object.entries(statusOfCode))
      expect(text).toMatch(new RegExp(`^\\| ${status} \\|.*\`${code}\``, 'm'))
  })

  it('names the limits that are in force', () => {
    const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`
    const { filesPerMessage, fileBytes, uploadBytes, coalesceMs, heartbeatMs, loginAttempts } = defaultLimits
    const words = text.replace(/\s+/g, ' ')
    expect(words).toContain(`up to ${filesPerMessage} fields \`file\` of up to ${mib(fileBytes)}, ${mib(uploadBytes)}`)
    expect(words).toContain(`at least ${coalesceMs} ms`)
    expect(words).toContain(`for ${heartbeatMs / 1000} seconds`)
    expect(words).toContain(`After ${loginAttempts} wrong tokens`)
  })
})
