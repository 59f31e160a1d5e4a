import path from 'node:path'
import { hasJson, readJson } from './config-file.ts'

/** Keys of a JSON value that hold a number, or a list with it; nested ones with dots between. */
function keysWith(value: unknown, wanted: number, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = prefix + key
    const holds = Array.isArray(inner) ? inner.includes(wanted) : inner === wanted
    return holds ? [name] : keysWith(inner, wanted, `${name}.`)
  })
}

/**
 * What the config beside a weight file says of the sizes in which `asked` differs from `found`, for a message: the keys
 * that hold the asked size, or nothing where none does (a product of keys, say) or no config can be read.
 */
export function whereAsked(weightFile: string, asked: readonly number[], found: readonly number[]): string {
  const file = path.join(path.dirname(weightFile), 'config.json')
  try {
    const config = hasJson(file) ? readJson(file) : {}
    const differing = new Set(asked.filter((size, axis) => size !== found[axis]))
    const lines = [...differing].flatMap((size) => {
      const keys = keysWith(config, size)
      return keys.length > 0 ? [`${size} stands in its config.json as ${keys.join(' and ')}`] : []
    })
    return lines.length > 0 ? ` (${lines.join(', ')})` : ''
  } catch {
    return '' // the shapes are the message; this is help on top
  }
}
