import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram, runProgram } from '../../src/cli/program.ts'
import { readPictureWithRecipe } from '../../src/cli/pictures.ts'
import { requestOf } from '../../src/cli/replay-request.ts'
import { readOrMakeToken } from '../../src/cli/web-token.ts'
import type { Recipe } from '../../src/contract/recipe.ts'
import { encodePng, recipeKeyword } from '../../src/image/png.ts'
import { solidPng } from '../support/scripted-inference.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const place = (name: string) => path.join(folder, name)

let out = ''
let err = ''
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = undefined
})

async function llmga(...args: string[]): Promise<number> {
  process.exitCode = undefined
  await runProgram(createProgram('1.2.3'), args)
  return Number(process.exitCode ?? 0)
}

const recipe: Recipe = {
  version: 1,
  operation: 'text-to-image',
  wish: 'a fox',
  prompt: 'a big red fox',
  negativePrompt: '',
  seed: 7,
  index: 1,
  sampler: 'ddim',
  steps: 20,
  guidanceScale: 5,
  width: 128,
  height: 128,
  models: { t2i: { name: 'llmga-tiny', sha256: 'f'.repeat(64) } },
  versions: { llmga: '0.1.0' },
}
const picture = { width: 2, height: 2, data: new Uint8Array(12) }
const savePng = async (name: string, text: Record<string, string>) => {
  writeFileSync(place(name), await encodePng(picture, { text }))
  return place(name)
}

describe('what cannot be done', () => {
  writeFileSync(place('text.png'), 'no picture')
  writeFileSync(place('empty.png'), '')
  writeFileSync(place('dot.png'), solidPng(2, 2, 0))
  const cases: [what: string, args: string[], exit: number, said: RegExp][] = [
    ['an unknown command', ['imagne', 'a fox'], 2, /Did you mean imagine/],
    ['an unknown option', ['imagine', 'a fox', '--stepz', '3'], 2, /Did you mean --steps/],
    ['a missing argument', ['ask', 'cat.png'], 2, /missing required argument/],
    ['a wrong setting', ['config', '--http-port', '99999'], 2, /--http-port .* is "99999"; allowed: .* 65535/],
    ['a missing config file', ['config', '--config', place('none.json')], 2, /none\.json does not exist/],
    ['an unknown preset', ['models', 'verify', 'nothing'], 4, /no preset "nothing".*llmga models list/],
    ['an absent picture', ['describe', place('none.png')], 3, /no file .*none\.png/],
    ['a picture over the limit', ['describe', 'LICENSE', '--limit-upload-bytes', '1024'], 3, /at most 1 KiB/],
    ['a place that cannot be written', ['imagine', 'a fox', '--out', '/dev/null/x.png'], 2, /cannot be written/],
    ['a model that is not there', ['imagine', 'a fox', '--t2i', 'nothing', '--out', folder], 4, /"nothing" is neither/],
    [
      'a picture to screen without a safety model',
      ['screen', place('dot.png')],
      4,
      /no model for safety.*LLMGA_SAFETY/,
    ],
    ['an absent file for recipe', ['recipe', place('none.png')], 3, /none\.png cannot be read/],
    ['a recipe of what is no PNG', ['recipe', place('text.png')], 3, /not a PNG/],
    ['a replay of an empty file', ['replay', place('empty.png')], 3, /not a PNG/],
  ]
  it.each(cases)('%s is said in a sentence, with its exit code', async (_what, args, exit, said) => {
    expect(await llmga(...args)).toBe(exit)
    expect(err).toMatch(said)
    expect(out).toBe('')
    expect(err).not.toMatch(/\n\s+at /)
  })

  it('is a JSON line where JSON was asked for', async () => {
    expect(await llmga('describe', place('none.png'), '--json')).toBe(3)
    expect(JSON.parse(out)).toMatchObject({ type: 'refused', error: { code: 'input/not-found' } })
  })
})

describe('config', () => {
  it('prints every setting with its origin, before or after the command, masked where secret', async () => {
    expect(await llmga('--device', 'cpu', 'config', '--json', '--http-token', 'ann=geheimes-wort')).toBe(0)
    const lines = JSON.parse(out) as { variable: string; value: unknown; origin: string }[]
    const line = (variable: string) => lines.find((entry) => entry.variable === variable)
    expect(line('LLMGA_DEVICE')).toMatchObject({ value: 'cpu', origin: '--device (command line)' })
    expect(line('LLMGA_LIMIT_PIXELS')).toMatchObject({ origin: 'default' })
    expect(out).not.toContain('geheim')
  })
})

describe('models', () => {
  it('lists presets and verifies their files', async () => {
    vi.stubEnv('HF_HUB_CACHE', place('hub'))
    expect(await llmga('models', 'list', '--json')).toBe(0)
    const presets = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly name: string })
    const named = (name: string) => presets.find((preset) => preset.name === name)
    expect(named('stable-diffusion-safety-checker')).toMatchObject({ roles: ['safety'], mebibytes: 1160 })
    expect(named('llmga-tiny')).toMatchObject({
      installed: true,
      roles: ['mllm', 't2i', 'inpaint', 'restore'],
      licence: 'Apache-2.0',
    })
    out = ''
    expect(await llmga('models', 'verify')).toBe(0)
    expect(
      out
        .trim()
        .split('\n')
        .every((line) => /^ok {2}.*\/models\/llmga-tiny\//.test(line)),
    ).toBe(true)
  })
})

describe('recipe', () => {
  it('prints what stands in a PNG, for people and as JSON', async () => {
    const file = await savePng('fox.png', { [recipeKeyword]: JSON.stringify(recipe) })
    expect(await llmga('recipe', file)).toBe(0)
    expect(out).toContain('a big red fox')
    out = ''
    expect(await llmga('recipe', file, '--json')).toBe(0)
    expect(JSON.parse(out)).toEqual(recipe)
  })

  it.each([
    ['none', {}, 'holds no recipe'],
    ['a torn one', { [recipeKeyword]: '{"version"' }, 'cannot read'],
    ['one of another version', { [recipeKeyword]: JSON.stringify({ ...recipe, version: 2 }) }, 'cannot read'],
    ['a seed out of range', { [recipeKeyword]: JSON.stringify({ ...recipe, seed: -1 }) }, 'cannot read'],
  ])('refuses %s', async (_what, text, said) => {
    const file = await savePng('other.png', text)
    await expect(readPictureWithRecipe(file)).rejects.toThrow(said)
  })

  it('is the request that draws the same picture', () => {
    expect(requestOf(recipe)).toMatchObject({
      prompt: 'a big red fox',
      seed: 7,
      count: 2,
      onlyIndex: 1,
      sampler: 'ddim',
    })
  })
})

describe('help', () => {
  it('has examples for every command', async () => {
    for (const command of createProgram('1').commands.filter((c) => c.name() !== 'models')) {
      out = ''
      expect(await llmga(command.name(), '--help')).toBe(0)
      expect(out).toMatch(/Examples?:/)
    }
  })

  it('explains exit codes', async () => {
    expect(await llmga('--help')).toBe(0)
    expect(out).toMatch(/130 {2}cancelled/)
  })
})

it('keeps the token of the page for its owner', () => {
  const token = readOrMakeToken(place('data'))
  expect(token.length).toBeGreaterThan(24)
  expect(readOrMakeToken(place('data'))).toBe(token)
  expect(readFileSync(place('data/web-token'), 'utf8').trim()).toBe(token)
})
