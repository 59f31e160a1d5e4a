import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodePng } from '../../src/image/png.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-drawing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const picture = path.join(folder, 'car.png')

/** The command as it is installed, on the embedded models. `during` is called with each piece of stderr. */
async function llmga(args: string[], during?: (said: string, interrupt: () => void) => void) {
  const child = spawn(process.execPath, ['bin/llmga.js', ...args, '--cache-dir', path.join(folder, 'cache')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, to which Ctrl-C goes as a terminal sends it
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    during?.(err, () => process.kill(-child.pid!, 'SIGINT'))
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

describe('the command line on the embedded models', () => {
  it('draws a wish, keeps its recipe, and draws it again bit for bit', { timeout: 240_000 }, async () => {
    const drawn = await llmga(['imagine', 'a', 'red', 'car', '--seed', '7', '--steps', '3', '--out', picture])
    expect(drawn).toMatchObject({ code: 0, out: `${picture}\n` })
    expect(drawn.err).toMatch(/> a big red car .*cartoon style\n/)
    expect(drawn.err).toContain('step 3/3')

    const recipe = await llmga(['recipe', picture, '--json'])
    expect(JSON.parse(recipe.out)).toMatchObject({ wish: 'a red car', seed: 7, steps: 3, sampler: 'ddim' })

    const replayed = await llmga(['replay', picture, '--json'])
    expect(replayed.code).toBe(0)
    expect(JSON.parse(replayed.out)).toMatchObject({ identical: true, changes: [] })
  })

  it('fills in a box, keeps its mask, and draws it again bit for bit from both', { timeout: 360_000 }, async () => {
    const place = (name: string) => path.join(folder, name)
    const [source, boat, mask] = [place('source.png'), place('boat.png'), place('mask.png')]
    writeFileSync(source, await encodePng({ width: 72, height: 48, data: new Uint8Array(72 * 48 * 3).fill(120) }))
    const words = ['a red boat on the beach', '--raw', '--steps', '2', '--seed', '5']
    const how = ['--box', '25%,25%,50%,50%', '--save-mask', mask, '--out', boat, '--json']
    const drawn = await llmga(['inpaint', source, ...words, ...how])
    expect(drawn.code).toBe(0)
    const events = drawn.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; change?: object })
    expect(events.find(({ type }) => type === 'change')?.change).toMatchObject({
      operation: 'inpaint',
      details: { changedShare: expect.closeTo(0.25, 1) as number },
    })

    const alone = await llmga(['replay', boat, '--input', source])
    expect(alone.code).toBe(3)
    expect(alone.err).toMatch(/needs its mask .*--save-mask/)
    const replayed = await llmga(['replay', boat, '--json', '--input', source, mask])
    expect(JSON.parse(replayed.out)).toMatchObject({ identical: true, changes: [] })
  })

  it('cancels within a step at Ctrl-C, says so, and leaves with 130', { timeout: 120_000 }, async () => {
    let interrupted = false
    const { code, out, err } = await llmga(
      ['imagine', 'a red car', '--raw', '--steps', '150', '--out', path.join(folder, 'never.png')],
      (said, interrupt) => {
        if (interrupted || !said.includes('step')) return
        interrupted = true
        interrupt()
      },
    )
    expect({ code, out }).toEqual({ code: 130, out: '' })
    expect(err.trimEnd().endsWith('Cancelled.')).toBe(true)
    expect(err).not.toContain('step 150/150')
  })
})
