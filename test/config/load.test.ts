import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeConfig, knownSettings, loadConfig, type LoadOptions } from '../../config/load.ts'
import { AppError } from '../../src/contract/errors.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  return file
}
const load = (options: LoadOptions = {}) => loadConfig({ env: { HOME: '/home/ann' }, cwd: folder, ...options })

function failure(options: LoadOptions): AppError {
  try {
    load(options)
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('the configuration was accepted')
}

describe('loadConfig', () => {
  it('gives every setting a default and says so', () => {
    const { config, origins } = load()
    expect(config).toMatchObject({ device: 'auto', mllm: 'llmga-tiny', httpHost: '127.0.0.1', httpPort: 7860 })
    expect(config.dataDir).toBe('/home/ann/.local/share/llmga')
    expect(new Set(Object.values(origins).map(({ source }) => source))).toEqual(new Set(['default']))
  })

  it('follows XDG folders when they are absolute, and ignores relative ones', () => {
    const at = (dir: string) => load({ env: { HOME: '/home/ann', XDG_DATA_HOME: dir } }).config.dataDir
    expect(at('/data')).toBe('/data/llmga')
    expect(at('data')).toBe('/home/ann/.local/share/llmga')
  })

  it('takes the command line before the environment before the file before the default', () => {
    const file = write('order.json', '{ "httpPort": 1, "LLMGA_HTTP_HOST": "h1", "device": "cpu" }')
    const env = { HOME: '/home/ann', LLMGA_HTTP_PORT: '2', LLMGA_HTTP_HOST: 'h2', LLMGA_CONFIG: file }
    const { config, origins } = load({ env, flags: { httpPort: '3' } })
    expect([config.httpPort, config.httpHost, config.device, config.logLevel]).toEqual([3, 'h2', 'cpu', 'info'])
    expect([origins.httpPort.source, origins.httpHost.source, origins.device.source, origins.logLevel.source]).toEqual([
      'command line',
      'environment',
      'file',
      'default',
    ])
  })

  it('reads ./llmga.config.json unasked, with comments', () => {
    const file = write('llmga.config.json', '{ // a comment\n "publicUrl": "https://a.example/x//y" /* kept: // */ }')
    expect(load().config.publicUrl).toBe('https://a.example/x//y')
    rmSync(file)
  })

  it('reads paths of the file relative to the file, others to the working folder', () => {
    const file = write('paths.json', '{ "dataDir": "here" }')
    const { config } = load({ file, cwd: '/elsewhere', env: { HOME: '/h', LLMGA_CACHE_DIR: 'there' } })
    expect([config.dataDir, config.cacheDir]).toEqual([path.join(folder, 'here'), '/elsewhere/there'])
  })

  it('treats an empty variable as not set', () => {
    expect(load({ env: { HOME: '/h', LLMGA_DEVICE: '' } }).config.device).toBe('auto')
    expect(load({ env: { HOME: '/h', LLMGA_MLLM_DEVICE: 'cuda:1' } }).config.mllmDevice).toBe('cuda:1')
  })

  it('reads one token or one for each person', () => {
    const tokens = (value: string) => load({ env: { LLMGA_HTTP_TOKEN: value } }).config.httpToken
    expect(tokens('secret-token')).toEqual([{ token: 'secret-token' }])
    expect(tokens('ann=secret-1, bob=secret-2')).toEqual([
      { name: 'ann', token: 'secret-1' },
      { name: 'bob', token: 'secret-2' },
    ])
  })

  it('reads a list of models from JSON or with commas', () => {
    const file = write('models.json', '{ "models": ["my-sdxl", "all"] }')
    expect(load({ file }).config.models).toEqual(['my-sdxl', 'all'])
    const loaded = load({ env: { LLMGA_MODELS: 'my-sdxl, other' } })
    expect(loaded.config.models).toEqual(['my-sdxl', 'other'])
    expect(describeConfig(loaded).find(({ key }) => key === 'models')?.value).toBe('my-sdxl,other')
  })

  const wrong: [name: string, variable: string, value: string, allowed: string][] = [
    ['a word for a number', 'LLMGA_HTTP_PORT', '80x', 'a whole number from 0 to 65535'],
    ['a number out of range', 'LLMGA_HTTP_PORT', '70000', 'a whole number from 0 to 65535'],
    ['a fraction', 'LLMGA_THREADS', '1.5', 'a whole number from 0 to 512'],
    ['a negative number', 'LLMGA_LIMIT_PIXELS', '-1', 'a whole number from 4096'],
    ['an unknown device', 'LLMGA_DEVICE', 'gpu', 'auto, cpu, webgpu, cuda'],
    ['a card of another kind', 'LLMGA_PICTURE_DEVICE', 'webgpu:1', devices],
    ['a card without a number', 'LLMGA_MLLM_DEVICE', 'cuda:', devices],
    ['an unknown log level', 'LLMGA_LOG_LEVEL', 'loud', 'trace, debug, info, warn, error, fatal, silent'],
    ['another protocol', 'LLMGA_PUBLIC_URL', 'ftp://a', 'an http or https URL'],
    ['blanks', 'LLMGA_T2I', '  ', 'the name of a preset, or a folder'],
  ]
  it.each(wrong)('refuses %s with key, value, origin and what is allowed', (_name, variable, value, allowed) => {
    const { code, message } = failure({ env: { [variable]: value } })
    expect(code).toBe('config/invalid')
    expect(message).toBe(message.split('\n')[0])
    expect(message).toContain(`${variable} (environment) is ${JSON.stringify(value)}; allowed: ${allowed}`)
  })

  it('never shows a secret, not even a wrong one', () => {
    expect(failure({ env: { LLMGA_HTTP_TOKEN: 'geheim' } }).message).not.toContain('geheim')
    expect(failure({ env: { LLMGA_HTTP_TOKEN: 'ann=secret-1,ann=secret-2' } }).message).not.toContain('secret-')
    const lines = describeConfig(load({ env: { LLMGA_HTTP_TOKEN: 'geheim-geheim' } }))
    expect(JSON.stringify(lines)).not.toContain('geheim')
    expect(lines.find(({ key }) => key === 'httpToken')).toMatchObject({ value: '********' })
  })

  it('refuses unknown keys and proposes the nearest one', () => {
    expect(failure({ env: { LLMGA_HTTP_PROT: '1' } }).message).toContain('did you mean LLMGA_HTTP_PORT?')
    expect(failure({ env: { LLMGA_NONSENSE_XYZ: '1' } }).message).not.toContain('did you mean')
    const file = write('typo.json', '{ "htpPort": 1 }')
    expect(failure({ file }).message).toContain(`htpPort in ${file} is not a setting; did you mean httpPort?`)
  })

  it('names everything that is wrong at once', () => {
    const { message } = failure({ env: { LLMGA_DEVICE: 'x', LLMGA_THREADS: 'y', LLMGA_Z: '' } })
    expect(message.split('\n')).toHaveLength(3)
  })

  it.each([
    ['a named file that is not there', 'missing.json', undefined],
    ['a torn file', 'torn.json', '{ "httpPort": '],
    ['a list', 'list.json', '[]'],
  ])('refuses %s', (_name, name, text) => {
    const file = text === undefined ? path.join(folder, name) : write(name, text)
    expect(failure({ file })).toMatchObject({ code: 'config/invalid' })
    expect(failure({ file }).message).toContain(file)
  })

  it('describes every setting', () => {
    for (const { key, variable, flag, description, allowed } of knownSettings()) {
      expect(variable).toMatch(/^(LLMGA|DISCORD|SLACK|HF)_[A-Z0-9_]+$/)
      expect(flag ?? '--none').toMatch(/^--[a-z0-9-]+$/)
      expect(`${key} ${description}`.length).toBeGreaterThan(key.length + 10)
      expect(allowed).not.toBe('')
    }
    expect(knownSettings().map(({ variable }) => variable)).toContain('LLMGA_EDIT_ENGINE')
  })
})
const devices = 'auto, cpu, webgpu, cuda, or cuda:N for card N (from 0); no other can be numbered'
