import type { AdapterStatus } from '../contract/adapter.ts'
import type { Platform } from './platforms.ts'

/** How often the platforms are asked, in milliseconds. */
const everyMs = 500

/** What is said of a platform; the same words again are not said again. */
export function connectionLine(name: string, { state, problem, as }: AdapterStatus): string | undefined {
  const why = problem === undefined ? '' : `: ${problem}`
  switch (state) {
    case 'connected':
      return `${name}: connected${as === undefined ? '' : ` as ${as}`}`
    case 'retrying':
      return `${name}: retrying${why}`
    case 'stopped':
      return `${name}: stopped${why}`
    case 'starting':
      return undefined
  }
}

/** Tells in a line each when a platform is connected, tries again or has stopped. Returns how to stop telling. */
export function tellConnections(platforms: readonly Platform[], tell: (line: string) => void): () => void {
  const said = new Map<string, string>()
  const look = () => {
    for (const { name, adapter } of platforms) {
      const status = adapter.status?.()
      const line = status && connectionLine(name, status)
      if (line === undefined || said.get(name) === line) continue
      said.set(name, line)
      tell(line)
    }
  }
  const timer = setInterval(look, everyMs).unref()
  look()
  return () => clearInterval(timer)
}
