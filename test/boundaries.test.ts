import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** Who may import whom: a layer imports itself and what stands to its right; `contract` and `language` are open to all. */
const layers = [
  'bot',
  'conversation',
  'inference',
  'hub',
  'pipelines',
  'families',
  'schedulers',
  'tokenizers',
  'runtime',
  'graph',
  'weights',
  'image',
  'tensor',
] as const

/** Of config/, the bot may import what reads no setting. */
const openToBot = ['config/styles.json', 'config/did-you-mean.ts']

/** The places where concrete parts are wired together: they may import everything. */
const compositionRoots = [/^src\/(main|cli|compose[\w-]*)\.ts$/, /^src\/(cli|compose|operations)\//, /^(test|bench)\//]

/** Who may import each package; a package of package.json without a line here is an error. */
const packageUsers: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['src/graph/', 'src/tokenizers/'],
  '@hono/node-server': ['adapters/web/', 'src/main.ts', 'src/compose'],
  '@huggingface/tokenizers': ['src/tokenizers/'],
  '@slack/bolt': ['adapters/slack/'],
  bottleneck: ['adapters/chat/', 'adapters/discord/', 'adapters/slack/'],
  commander: ['src/cli.ts', 'src/cli/', 'src/main.ts'],
  'discord.js': ['adapters/discord/'],
  esbuild: ['adapters/web/'],
  fflate: ['src/bot/'],
  hono: ['adapters/web/', 'src/main.ts', 'src/compose'],
  keyv: ['src/conversation/'],
  lmdb: ['src/conversation/'],
  'onnx-buf': ['src/graph/'],
  'onnxruntime-node': ['src/runtime/'],
  pino: ['src/compose', 'src/main.ts', 'src/cli', 'src/bot/', 'src/inference/'], // layers take a Logger
  'pino-pretty': ['src/compose'],
  preact: ['adapters/web/page/'],
  'prom-client': ['src/operations/'],
  sharp: ['src/image/'],
  tsx: ['bin/', 'src/inference/'],
  zod: ['config/', 'src/', 'adapters/'],
}

/** Files outside config/ that may say `process.env`, each with the reason. */
const environmentReaders: Readonly<Record<string, string>> = {}

const skipped = new Set(['node_modules', 'coverage', 'out', 'cases'])

function sourcesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesBelow(file)
    return /\.(ts|tsx|js|mjs)$/.test(entry.name) ? [file] : []
  })
}

const sources = ['adapters', 'bench', 'bin', 'config', 'models', 'src', 'test'].flatMap(sourcesBelow)
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8')
const importsOf = (file: string) => ts.preProcessFile(textOf(file), true, true).importedFiles.map((i) => i.fileName)

const nameOfPackage = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** Why `from` may not import `specifier`; undefined when it may. Paths are relative to the repository. */
function violation(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  if (!specifier.startsWith('.')) return packageViolation(from, nameOfPackage(specifier))
  const to = path.posix.join(path.posix.dirname(from), specifier)
  return compositionRoots.some((pattern) => pattern.test(from)) ? undefined : fileViolation(from, to)
}

function packageViolation(from: string, name: string): string | undefined {
  if (/^(test|bench)\//.test(from)) return undefined
  const users = packageUsers[name]
  if (!users) return `${from} imports ${name}, which is not in the table of packages`
  return users.some((prefix) => from.startsWith(prefix)) ? undefined : `${from} may not import ${name}`
}

function fileViolation(from: string, to: string): string | undefined {
  if (to.startsWith('src/contract/') || to.startsWith('src/language/')) return undefined
  const wrong = `${from} may not import ${to}`
  const [top = '', second = ''] = from.split('/')
  if (top === 'bin') return to.startsWith('src/') ? undefined : wrong
  if (top === 'config') return to.startsWith('config/') ? undefined : wrong
  if (top === 'adapters') return [second, 'chat'].some((own) => to.startsWith(`adapters/${own}/`)) ? undefined : wrong
  if (/^src\/(contract|language)\//.test(from)) return wrong
  const level = (file: string) => layers.findIndex((layer) => file.startsWith(`src/${layer}/`))
  if (level(from) < 0) return `${from} lies in no layer`
  if (second === 'bot' && openToBot.includes(to)) return undefined
  return level(to) >= level(from) ? undefined : wrong
}

describe('imports', () => {
  it('go from a layer to itself and to the right, and packages are used where they belong', () => {
    const found = sources.flatMap((file) => importsOf(file).map((specifier) => violation(file, specifier)))
    expect(found.length).toBeGreaterThan(100)
    expect(found.filter((line) => line !== undefined)).toEqual([])
  })

  it.each([
    ['src/pipelines/chat.ts', '../inference/inference.ts'],
    ['src/contract/job.ts', '../bot/bot.ts'],
    ['src/bot/bot.ts', '../../adapters/web/web-adapter.ts'],
    ['src/bot/bot.ts', '../../config/load.ts'],
    ['adapters/web/routes/blobs.ts', '../../terminal/render.ts'],
    ['adapters/web/routes/blobs.ts', '../../../src/bot/bot.ts'],
    ['config/load.ts', '../src/bot/bot.ts'],
    ['src/pipelines/chat.ts', 'onnxruntime-node'],
    ['src/bot/bot.ts', 'sharp'],
    ['src/bot/bot.ts', 'some-new-package'],
    ['src/elsewhere/thing.ts', '../tensor/tensor.ts'],
  ])('%s may not import %s', (from, specifier) => {
    expect(violation(from, specifier)).toContain(from)
  })

  it('are known for every dependency of package.json', () => {
    const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
    expect(Object.keys(dependencies).filter((name) => !packageUsers[name])).toEqual([])
  })
})

describe('the environment', () => {
  it('is read by config/ only', () => {
    const readers = sources.filter((file) => /process\.env\b|import\.meta\.env\b/.test(textOf(file)))
    const allowed = (file: string) => /^(config|test|bench)\//.test(file) || file in environmentReaders
    expect(readers).toContain('config/load.ts')
    expect(readers.filter((file) => !allowed(file))).toEqual([])
    expect(Object.keys(environmentReaders).filter((file) => !readers.includes(file))).toEqual([])
  })
})

describe('files', () => {
  it('have at most 300 lines, or say in their first lines why they are long', () => {
    const long = sources.filter((file) => textOf(file).split('\n').length > 301)
    const unexplained = long.filter((file) => !/long because/i.test(textOf(file).split('\n', 6).join('\n')))
    expect(unexplained).toEqual([])
  })

  it('never reach for folders beside the repository', () => {
    const outside = /['"`](\/work\/|(\.\.\/)+shared\/)/
    expect(sources.filter((file) => file !== 'test/boundaries.test.ts' && outside.test(textOf(file)))).toEqual([])
  })

  it('have kebab-case names that say what they hold', () => {
    const names = sources.map((file) => path.basename(file))
    expect(names.filter((name) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.(ts|tsx|js|mjs)$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(utils?|helpers?|misc|common)\./.test(name))).toEqual([])
  })
})

describe('the repository', () => {
  it('has the top-level folders of architecture.md and its own tools', () => {
    const expected = ['adapters', 'bench', 'bin', 'config', 'deploy', 'docs', 'models', 'src', 'test']
    const ignored = ['node_modules', 'coverage']
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const names = folders.map(({ name }) => name).filter((name) => !name.startsWith('.') && !ignored.includes(name))
    expect(names.filter((name) => !expected.includes(name))).toEqual([])
  })

  it('stays within its budgets: 70 MiB of models, 25 MiB of goldens', () => {
    const bytesBelow = (folder: string) =>
      readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)
    expect(bytesBelow('models')).toBeLessThan(70 * 2 ** 20)
    expect(bytesBelow('test/golden')).toBeLessThan(25 * 2 ** 20)
  })
})
