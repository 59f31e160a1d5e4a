import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { verifyFiles } from '../../src/inference/model-files.ts'
import { listPresets, locateModel, partFolder, resolveModel } from '../../src/inference/model-presets.ts'
import type { ModelRole } from '../../src/inference/preset-schema.ts'
import { readWorld } from '../../src/inference/world.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-presets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const writeJson = (file: string, value: unknown) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  writeFileSync(path.join(folder, file), JSON.stringify(value))
}

function failure(run: () => unknown): AppError {
  try {
    run()
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

describe('the embedded preset', () => {
  it('describes every file of the roles with its true size and hash', async () => {
    const { preset, root } = listPresets().find(({ preset }) => preset.name === 'llmga-tiny')!
    const files = Object.entries(preset.files).map(([file, expected]) => ({ file: path.join(root, file), ...expected }))
    expect((await verifyFiles(files)).filter(({ error }) => error)).toEqual([])
    expect(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThan(70 * 2 ** 20)
  })

  it('resolves both roles with their settings and files', () => {
    const mllm = resolveModel('mllm', 'llmga-tiny')
    expect(mllm).toMatchObject({ family: 'llava', template: 'llava_v1', imageMode: 'pad' })
    expect(mllm.sampling).toEqual({ temperature: 0, maxNewTokens: 220 })
    expect(mllm.files.map(({ file }) => path.basename(file))).toContain('model.safetensors')
    const t2i = resolveModel('t2i', 'llmga-tiny')
    expect(t2i.defaults).toEqual({ sampler: 'ddim', steps: 20, guidanceScale: 5, width: 128, height: 128 })
    expect(partFolder(t2i, 'vae')).toBe(path.join(t2i.folder, 'vae'))
    expect(t2i.files.every(({ file }) => file.startsWith(t2i.folder))).toBe(true)
  })

  it('says what its world holds', () => {
    const world = readWorld(resolveModel('t2i', 'llmga-tiny'))!
    expect(world.notice).toContain('20 objects, 12 places, 7 colours and 3 accessories')
    expect(world.knows['objects']).toContain('fox')
    expect(world.examples.length).toBeGreaterThan(3)
  })
})

describe('resolveModel', () => {
  it('names the presets when nothing has the name', () => {
    const error = failure(() => resolveModel('t2i', 'llmga-tny'))
    expect(error).toMatchObject({ code: 'model/not-found', hint: expect.stringContaining('llmga-tiny') as string })
    expect(error.message).toContain('"llmga-tny"')
  })

  it('finds folders by path and by name in the models folder', () => {
    mkdirSync(path.join(folder, 'some-model'))
    const expected = { folder: path.join(folder, 'some-model') }
    expect(locateModel(expected.folder)).toMatchObject(expected)
    expect(locateModel('some-model', { modelsDir: folder })).toEqual({ ...expected, name: 'some-model' })
  })

  it('lets a preset share parts of another folder', () => {
    const embedded = listPresets().find(({ preset }) => preset.name === 'llmga-tiny')!.preset
    writeJson('presets/shared.json', {
      ...embedded,
      name: 'shared',
      roles: { t2i: { ...embedded.roles.t2i, folder: 'own', parts: { vae: 'llmga-tiny/sd-t2i/vae' } } },
    })
    const model = resolveModel('t2i', 'shared', { modelsDir: folder })
    expect(partFolder(model, 'vae')).toBe(partFolder(resolveModel('t2i', 'llmga-tiny'), 'vae'))
    expect(partFolder(model, 'unet')).toBe(path.join(folder, 'own', 'unet'))
    expect(model.files.map(({ file }) => path.dirname(file))).toContain(partFolder(model, 'vae'))
    expect(failure(() => resolveModel('mllm', 'shared', { modelsDir: folder })).code).toBe('model/unsupported')
  })

  it.each([
    ['a path out of the models folder', { roles: { t2i: { folder: '../../etc' } } }, 'roles.t2i.folder'],
    ['an absolute path', { world: { file: '/etc/passwd', examples: ['x'] } }, 'world.file'],
    ['an unknown key', { colour: 'red' }, 'colour'],
  ])('refuses a preset with %s', (_name, change, named) => {
    const dir = mkdtempSync(path.join(folder, 'bad-'))
    const embedded = listPresets().find(({ preset }) => preset.name === 'llmga-tiny')!.preset
    const t2i = { ...embedded.roles.t2i, ...(change as { roles?: { t2i: object } }).roles?.t2i }
    mkdirSync(path.join(dir, 'presets'))
    writeFileSync(path.join(dir, 'presets', 'bad.json'), JSON.stringify({ ...embedded, ...change, roles: { t2i } }))
    const error = failure(() => listPresets({ modelsDir: dir }))
    expect(error.code).toBe('config/invalid')
    expect(error.message).toContain(named)
  })
})

describe('a folder without a preset', () => {
  it('gets its picture settings from the checkpoint', () => {
    const from = resolveModel('t2i', 'llmga-tiny').folder
    cpSync(from, path.join(folder, 'my-sd'), { recursive: true, filter: (file) => !file.endsWith('.safetensors') })
    writeJson('my-sd/scheduler/scheduler_config.json', {
      _class_name: 'DPMSolverMultistepScheduler',
      use_karras_sigmas: true,
    })
    const { name, defaults } = resolveModel('t2i', 'my-sd', { modelsDir: folder })
    expect(name).toBe('my-sd')
    expect(defaults).toEqual({ sampler: 'dpmpp-2m-karras', steps: 50, guidanceScale: 7.5, width: 128, height: 128 })
  })

  it('gets its template from its name, its image mode from its config, and its tower from the models folder', () => {
    writeJson('clip-vit/config.json', {})
    writeJson('llmga-Qwen2-0.5B-full-finetune/config.json', {
      model_type: 'llava_Qwen2',
      image_aspect_ratio: 'resizesquare',
      mm_vision_tower: 'openai/clip-vit',
    })
    const model = resolveModel('mllm', 'llmga-Qwen2-0.5B-full-finetune', { modelsDir: folder })
    expect(model).toMatchObject({ template: 'qwen_2', imageMode: 'stretch', sampling: { temperature: 0.2 } })
    expect(partFolder(model, 'vision-tower')).toBe(path.join(folder, 'clip-vit'))
  })

  const refused: [string, ModelRole, Record<string, unknown>, string][] = [
    ['another language model', 'mllm', { 'config.json': { model_type: 'gpt2' } }, 'model/unsupported'],
    ['no config', 'mllm', {}, 'weights/missing'],
    ['an absent tower', 'mllm', { 'config.json': { model_type: 'llava', mm_vision_tower: 'a/b' } }, 'weights/missing'],
    ['another pipeline', 't2i', { 'model_index.json': { _class_name: 'FluxPipeline' } }, 'model/unsupported'],
  ]
  it.each(refused)('is refused with %s', (_name, role, files, code) => {
    const dir = mkdtempSync(path.join(folder, 'refused-'))
    for (const [file, json] of Object.entries(files)) writeFileSync(path.join(dir, file), JSON.stringify(json))
    const error = failure(() => resolveModel(role, dir))
    expect(error.code).toBe(code)
    expect(error.message).toContain(dir)
  })
})
