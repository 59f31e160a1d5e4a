import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram, runProgram } from '../../src/cli/program.ts'
import { solidPng } from '../support/scripted-inference.ts'
import { writeSafetyModel } from '../support/safety-model.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-screen-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const place = (name: string) => path.join(folder, name)
const strict = writeSafetyModel(place('strict'), -1)
writeFileSync(place('dot.png'), solidPng(40, 24, 0xff8040))

let out = ''
let err = ''
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

/** The command with the real worker; the folders of caches and data are the test's. */
async function llmga(...args: string[]): Promise<number> {
  process.exitCode = undefined
  await runProgram(createProgram('1.2.3'), [...args, '--cache-dir', place('cache'), '--data-dir', place('data')])
  return Number(process.exitCode ?? 0)
}

describe('llmga screen', () => {
  it('says what was found, and leaves exit code 11 for a picture that is flagged', { timeout: 60_000 }, async () => {
    expect(await llmga('screen', place('dot.png'), '--safety', strict, '--json')).toBe(11)
    expect(JSON.parse(out)).toMatchObject({ flagged: true, specialCare: [{ concept: 0 }, {}, {}] })
    expect((JSON.parse(out) as { concepts: unknown[] }).concepts).toHaveLength(17)
  })
})

describe('a drawn picture where a safety model is set up', () => {
  it('is not shown when it is flagged and the rule is to block', { timeout: 120_000 }, async () => {
    const drawn = ['imagine', 'a red car', '--raw', '--steps', '1', '--out', `${place('pictures')}/`]
    expect(await llmga(...drawn, '--safety', strict, '--nsfw', 'block')).toBe(9)
    expect(err).toContain('found not safe for work')
    expect(readdirSync(place('pictures'))).toEqual([])
  })
})
