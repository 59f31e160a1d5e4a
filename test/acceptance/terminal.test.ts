import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { makePlace, runCommand } from './program.ts'

const place = makePlace('terminal')
afterAll(() => place.remove())
const cat = fileURLToPath(new URL('../fixtures/llmga-tiny/sample-cat.png', import.meta.url))

interface Line {
  readonly type: string
  readonly [key: string]: unknown
}

/** Every line of machine output is one JSON value. */
const linesOf = (stdout: string): readonly Line[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

describe('the command line on the embedded models', { timeout: 180_000 }, () => {
  it('draws into a file, tells its recipe, and draws it again bit for bit', async () => {
    const file = place.at('car.png')
    const drawn = await runCommand(place, ['imagine', 'a red car', '--seed', '7', '--steps', '5', '--out', file])
    expect(drawn).toMatchObject({ code: 0, stdout: `${file}\n` })
    expect(drawn.stderr).toMatch(/car.*\n> a big red car .* cartoon style\n(.*\n)*drawing step 5\/5/)

    const [recipe, replayed] = await Promise.all([
      runCommand(place, ['recipe', file, '--json']),
      runCommand(place, ['replay', file, '--out', place.at('again.png'), '--json']),
    ])
    expect(recipe).toMatchObject({ code: 0, stderr: '' })
    expect(linesOf(recipe.stdout)).toMatchObject([{ wish: 'a red car', seed: 7, steps: 5, width: 128, index: 0 }])
    expect(replayed).toMatchObject({ code: 0 })
    expect(linesOf(replayed.stdout)).toMatchObject([{ identical: true, changes: [], written: place.at('again.png') }])
    expect(readFileSync(place.at('again.png')).equals(readFileSync(file))).toBe(true)
  })

  it('describes a picture and answers a question about it, in words alone', async () => {
    const [described, asked] = await Promise.all([
      runCommand(place, ['describe', cat]),
      runCommand(place, ['ask', cat, 'What', 'color', 'is', 'the', 'cat?']),
    ])
    expect(described).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[^\n]*blue cat[^\n]*\n$/) as string })
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[^\n]*\bblue\b[^\n]*\n$/) as string })
  })

  it('chats in JSON lines, the last of which is the end', async () => {
    const wish = ['chat', '--once', 'draw a red fox in the snow', '--json', '--out', place.at('pictures')]
    const { code, stdout, stderr } = await runCommand(place, [...wish, '--thread', 'story'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = linesOf(stdout)
    const textOf = (type: string) => lines.flatMap((line) => (line.type === type ? [line['text']] : [])).join('')
    expect(textOf('text')).toMatch(/fox/)
    expect(textOf('prompt')).toMatch(/red fox.*snow/)
    expect(lines.filter(({ type }) => type === 'progress').length).toBeGreaterThan(2)
    const files = lines.flatMap((line) => (line.type === 'image' ? [line['file'] as string] : []))
    expect(files).toHaveLength(1)
    expect(path.dirname(files[0]!)).toBe(place.at('pictures'))
    expect(existsSync(files[0]!)).toBe(true)
    expect(lines.at(-1)).toMatchObject({ type: 'end', state: 'done' })

    const again = await runCommand(place, ['chat', '--once', 'What color is the fox?', '--thread', 'story'])
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/\bred\b/) as string })
  })

  it('shows its settings and its models', async () => {
    const [config, models] = await Promise.all([
      runCommand(place, ['config', '--json']),
      runCommand(place, ['models', 'list', '--json']),
    ])
    expect(config).toMatchObject({ code: 0, stderr: '' })
    const [settings] = linesOf(config.stdout) as unknown as [readonly { variable: string }[]]
    expect(settings.find(({ variable }) => variable === 'LLMGA_DATA_DIR')).toMatchObject({
      value: place.at('data'),
      origin: 'LLMGA_DATA_DIR (environment)',
    })
    expect(models).toMatchObject({ code: 0, stderr: '' })
    const tiny = linesOf(models.stdout).find(({ name }) => name === 'llmga-tiny')
    expect(tiny).toMatchObject({ name: 'llmga-tiny', roles: ['mllm', 't2i', 'inpaint', 'restore'] })
  })
})
