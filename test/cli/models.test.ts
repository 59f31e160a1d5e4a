import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram, runProgram } from '../../src/cli/program.ts'
import { offeredNames, offerModels } from '../../src/inference/offered-models.ts'
import { startHub, type StandInFile, type StandInHub } from '../stand-ins/hub/hub-server.ts'
import { temporaryFolder } from '../weights/write-safetensors.ts'

const folder = temporaryFolder()
const at = (...names: string[]) => path.join(folder, ...names)
const source = (name: string) => readFileSync(path.join('models/llmga-tiny/sd-t2i', name))
const weights = (seed: number): StandInFile => ({
  bytes: Uint8Array.from({ length: 5000 }, (_, i) => (i * seed) % 256),
  lfs: true,
})

const repository: Record<string, StandInFile> = {
  'README.md': { bytes: Buffer.from('# not wanted') },
  'model_index.json': { bytes: source('model_index.json') },
  'scheduler/scheduler_config.json': { bytes: source('scheduler/scheduler_config.json') },
  'unet/config.json': { bytes: source('unet/config.json') },
  'unet/diffusion_pytorch_model.safetensors': weights(3),
  'unet/diffusion_pytorch_model.fp16.safetensors': weights(5),
  'vae/config.json': { bytes: source('vae/config.json') },
}

const preset = (name: string, files: unknown[], change: object = {}) => ({
  name,
  title: `A model called ${name}`,
  licence: 'Licence of the test',
  source: 'https://example.org',
  roles: {
    t2i: {
      family: 'stable-diffusion',
      folder: 'ann/small',
      defaults: { sampler: 'ddim', steps: 2, guidanceScale: 1, width: 64, height: 64 },
    },
  },
  hub: [{ repository: 'ann/small', files }],
  ...change,
})

const all = ['model_index.json', 'scheduler/scheduler_config.json', 'unet/config.json', 'vae/config.json']
const unet = ['unet/diffusion_pytorch_model.safetensors', 'unet/diffusion_pytorch_model.bin']
const vae = { repository: 'ann/vae', files: ['config.json'] }

let hub: StandInHub
let out = ''
let err = ''
beforeAll(async () => {
  hub = await startHub({
    'ann/small': { files: repository, licence: 'openrail' },
    'ann/vae': { files: { 'config.json': { bytes: source('vae/config.json') } } },
    'ann/gated': { files: repository, gate: 'hf_right-token' },
  })
  mkdirSync(at('models', 'presets'), { recursive: true })
  const write = (value: { name: string }) =>
    writeFileSync(at('models', 'presets', `${value.name}.json`), JSON.stringify(value))
  write(preset('small', [...all, unet, 'tokenizer/vocab.json?'], { needs: ['small-vae'] }))
  write(preset('small-vae', [], { roles: {}, hub: [vae], component: { family: 'autoencoder', folder: 'ann/vae' } }))
  write(preset('gated', all, { roles: {}, hub: [{ repository: 'ann/gated', files: all }] }))
  write(preset('changed', ['unet/model-of-yesterday.safetensors'], { roles: {} }))
  write(preset('by-hand', [], { roles: {}, hub: [], byHand: 'Fetch it yourself.' }))
})
afterAll(() => hub.close())

beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HUB_CACHE', at('hub'))
  vi.stubEnv('LLMGA_HUB_HOSTS', hub.storageHost)
  vi.stubEnv('LLMGA_MODELS_DIR', at('models'))
  vi.stubEnv('LLMGA_CACHE_DIR', at('cache'))
  vi.stubEnv('LLMGA_CONFIG', '')
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

const blobs = () => readdirSync(at('hub', 'models--ann--small', 'blobs'))

describe('llmga models', () => {
  it('shows the licence before anything is fetched, and needs it accepted', async () => {
    expect(await llmga('models', 'pull', 'small')).toBe(7)
    expect(err).toContain('Licence of the test')
    expect(err).toContain('--yes')
    expect(hub.seen).toEqual([])
  })

  it('downloads a preset and what it needs, and nothing else of the repository', async () => {
    expect(await llmga('models', 'pull', 'small', '--yes')).toBe(0)
    expect(blobs()).toHaveLength(5)
    expect(err).toContain('ann/small at 0123456789ab')
    expect(err).toContain('licence openrail')
    expect(err).toContain('ann/vae at')
    out = ''
    await llmga('models', 'where', 'small')
    expect(out.trim()).toBe(at('hub', 'models--ann--small', 'snapshots', hub.commit))
    expect(await llmga('models', 'verify', 'small')).toBe(0)
    expect(out.match(/^ok /gm)).toHaveLength(5)
    expect(out).not.toContain('not known')
  })

  it('asks for a licence once, and fetches nothing that is here', async () => {
    ;(hub.seen as unknown[]).length = 0
    expect(await llmga('models', 'pull', 'small')).toBe(0)
    expect(hub.seen.every((seen) => seen.path.startsWith('/api/'))).toBe(true)
  })

  it('lists what is here with its memory', async () => {
    await llmga('models', 'list', '--json', '--installed')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; roles: string[] })
    expect(lines.map(({ name }) => name).sort()).toEqual(['llmga-tiny', 'small', 'small-vae'])
    out = ''
    await llmga('models', 'list')
    expect(out).toMatch(/llmga-vicuna-7b {2}mllm {2}not downloaded/)
    expect(out).toMatch(/cpu int4 5\.2 GiB/)
  })

  it('offers it to threads once it is here', () => {
    const places = { modelsDir: at('models'), hubCache: at('hub') }
    const offered = offerModels({ mllm: 'llmga-tiny', t2i: 'llmga-tiny', models: ['all'] }, places)
    expect(offeredNames(offered).t2i).toEqual(['llmga-tiny', 'small'])
    expect(offered.t2i[1]!.folder).toBe(at('hub', 'models--ann--small', 'snapshots', hub.commit))
  })

  it('writes the choice of a role into the config file and leaves the rest of it', async () => {
    const file = at('llmga.config.json')
    writeFileSync(file, '{\n  // mine\n  "T2I": "llmga-tiny", "httpPort": 1\n}\n')
    expect(await llmga('models', 'use', 't2i', 'small', '--config', file)).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe('{\n  // mine\n  "T2I": "small", "httpPort": 1\n}\n')
    expect(await llmga('models', 'use', 'restore', 'none', '--config', file)).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"restore": "none"')
    expect(await llmga('models', 'remove', 'small', '--config', file)).toBe(2)
    expect(err).toContain('mall is the t2i model in force')
  })

  it('names a file whose bytes are wrong, and fetches that one again', async () => {
    const damaged = realpathSync(at('hub', 'models--ann--small', 'snapshots', hub.commit, ...unet[0]!.split('/')))
    const bytes = readFileSync(damaged)
    bytes[100]! ^= 1
    writeFileSync(damaged, bytes)
    expect(await llmga('models', 'verify', 'small')).toBe(4)
    expect(err).toContain('diffusion_pytorch_model.safetensors is not the file that the preset describes')
    expect(err).toContain('llmga models pull small')
    expect(await llmga('models', 'pull', 'small')).toBe(0)
    expect(await llmga('models', 'verify', 'small')).toBe(0)
  })

  it('removes what no other model uses', async () => {
    expect(await llmga('models', 'remove', 'small')).toBe(0)
    expect(err).toContain('small is removed')
    expect(readdirSync(at('hub'))).toEqual(['models--ann--vae'])
    expect(await llmga('models', 'remove', 'small')).toBe(0)
    expect(err).toContain('Nothing of small')
  })
})

describe('what cannot be done with models', () => {
  const cases: [string, string[], number, string, Record<string, string>?][] = [
    ['an unknown preset', ['pull', 'smal'], 4, 'Did you mean small?'],
    ['a model that no hub has', ['pull', 'by-hand', '--yes'], 4, 'Fetch it yourself.'],
    ['a gate', ['pull', 'gated', '--yes'], 7, 'HF_TOKEN'],
    ['a repository that has changed', ['pull', 'changed', '--yes'], 4, 'unet/model-of-yesterday.safetensors'],
    ['no connection allowed', ['pull', 'small', '--yes'], 12, 'HF_HUB_OFFLINE', { HF_HUB_OFFLINE: '1' }],
    ['an endpoint that is none', ['pull', 'small', '--yes'], 2, 'HF_ENDPOINT', { HF_ENDPOINT: 'http://far.example' }],
    ['a model that is not here', ['use', 't2i', 'small', '--yes'], 4, 'llmga models pull small'],
    ['a model for another role', ['use', 'mllm', 'small'], 4, 'no model for the role mllm'],
    ['an unknown role', ['use', 'painter', 'small'], 2, 'Roles: mllm'],
  ]
  it.each(cases)('%s: %j gives %i', async (_name, args, code, named, environment = {}) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    const file = at('unchanged.json')
    writeFileSync(file, '{}')
    expect(await llmga('models', ...args, '--config', file)).toBe(code)
    expect(err).toContain(named)
    expect(readFileSync(file, 'utf8')).toBe('{}')
    expect(readdirSync(at('hub'))).toEqual(['models--ann--vae'])
  })
})
