import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseJsonWithComments, readConfigFile } from './config-file.ts'

/**
 * Writes one setting into the config file (the named one, else ./llmga.config.json) and leaves all else as it is, comments
 * too; a file that is not there is made. Returns its path.
 * Throws AppError `config/invalid` for a file that holds no JSON object.
 */
export function writeSetting(key: string, value: string, named: string | undefined, cwd: string): string {
  const file = path.resolve(cwd, named ?? 'llmga.config.json')
  const text = existsSync(file) ? (readConfigFile(file, cwd), readFileSync(file, 'utf8')) : '{}\n'
  const changed = withSetting(text, key, JSON.stringify(value))
  mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, changed)
  renameSync(temporary, file)
  return file
}

const plain = (name: string): string =>
  name
    .replace(/^LLMGA_/i, '')
    .replaceAll('_', '')
    .toLowerCase()

/** The text of a JSON object with one key set; `httpPort`, HTTP_PORT and LLMGA_HTTP_PORT are the same key. */
export function withSetting(text: string, key: string, value: string): string {
  const found = topLevelKeys(text).find(({ name }) => plain(name) === plain(key))
  if (found) return text.slice(0, found.start) + value + text.slice(found.end)
  const open = tokens(text).find(({ text: token }) => token === '{')!.index + 1
  const isEmpty = Object.keys(parseJsonWithComments(text) as object).length === 0
  return `${text.slice(0, open)}\n  ${JSON.stringify(key)}: ${value}${isEmpty ? '\n' : ','}${text.slice(open).replace(/^[ \t]*(?=\})/, '')}`
}

interface Token {
  readonly text: string
  readonly index: number
}

/** Strings, numbers, words and signs of JSON; comments and blanks are passed over. */
function tokens(text: string): Token[] {
  const pattern = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"/]+/g
  return [...text.matchAll(pattern)]
    .filter(([token]) => !token.startsWith('/'))
    .map((match) => ({ text: match[0], index: match.index }))
}

/** The keys of the outermost object with the ranges of their values in the text. */
function topLevelKeys(text: string) {
  const all = tokens(text)
  const keys: { name: string; start: number; end: number }[] = []
  let depth = 0
  all.forEach(({ text: token }, at) => {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    const follows = all[at - 1]?.text === '{' || all[at - 1]?.text === ','
    if (depth !== 1 || !follows || !token.startsWith('"') || all[at + 1]?.text !== ':') return
    const last = all[valueEnd(all, at + 2)]!
    keys.push({ name: JSON.parse(token) as string, start: all[at + 2]!.index, end: last.index + last.text.length })
  })
  return keys
}

/** Where the value that begins at a token has its last one. */
function valueEnd(all: readonly Token[], at: number): number {
  let depth = 0
  for (let end = at; ; end++) {
    if (/^[{[]$/.test(all[end]!.text)) depth += 1
    if (/^[}\]]$/.test(all[end]!.text)) depth -= 1
    if (depth === 0) return end
  }
}
