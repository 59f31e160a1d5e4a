import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import { partFolder, resolveModel, rolesOf } from '../../src/inference/model-presets.ts'
import { chooseModel, offeredNames, offerModels, type ModelChoice } from '../../src/inference/offered-models.ts'

const modelsDir = mkdtempSync(path.join(tmpdir(), 'llmga-offered-'))
const embedded = path.resolve('models/llmga-tiny')
const inForce = { mllm: 'llmga-tiny', t2i: 'llmga-tiny' }
const offer = (choice: Partial<ModelChoice> = {}) => offerModels({ ...inForce, ...choice }, { modelsDir })

/** A folder like the embedded one, as another pipeline's. */
function folderAs(name: string, pipeline: string, from = 'sd-t2i'): void {
  cpSync(path.join(embedded, from), path.join(modelsDir, name), {
    recursive: true,
    filter: (file) => !file.endsWith('.safetensors'),
  })
  const index = path.join(modelsDir, name, 'model_index.json')
  const json = JSON.parse(readFileSync(index, 'utf8')) as object
  writeFileSync(index, JSON.stringify({ ...json, _class_name: pipeline }))
  const vae = path.join(modelsDir, name, 'vae')
  if (from !== 'sd-t2i') symlinkSync(path.join(embedded, 'sd-t2i', 'vae'), vae)
}

beforeAll(() => {
  folderAs('other-sd', 'StableDiffusionPipeline')
  folderAs('other-xl', 'StableDiffusionXLPipeline')
  folderAs('filler', 'StableDiffusionInpaintPipeline', 'sd-inpaint')
  mkdirSync(path.join(modelsDir, 'named'))
  writeFileSync(path.join(modelsDir, 'named', 'DiffRIR-x4.pth'), '')
  mkdirSync(path.join(modelsDir, 'unnamed'))
  copyFileSync(
    path.join(embedded, 'diffrir', 'DiffRIR-tiny-x2.pth'),
    path.join(modelsDir, 'unnamed', 'net_g_latest.pth'),
  )
  mkdirSync(path.join(modelsDir, 'nothing'))
  cpSync('test/golden/cases/sd/safety_checker/model', path.join(modelsDir, 'checker'), { recursive: true })
})
afterAll(() => rmSync(modelsDir, { recursive: true }))

function failure(run: () => unknown): AppError {
  try {
    run()
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

describe('what a preset or a folder is used for', () => {
  it.each([
    ['llmga-tiny', ['mllm', 't2i', 'inpaint', 'restore']],
    ['other-sd', ['t2i']],
    ['other-xl', ['t2i']],
    ['filler', ['inpaint']],
    ['named', ['restore']],
    ['unnamed', ['restore']],
    ['checker', ['safety']],
    ['stable-diffusion-safety-checker', ['safety']],
  ])('%s: %j', (name, roles) => expect(rolesOf(name, { modelsDir })).toEqual(roles))

  it('is refused where there is no checkpoint', () => {
    expect(failure(() => rolesOf('nothing', { modelsDir }))).toMatchObject({ code: 'model/unsupported' })
  })

  it('is found in the files: the scale of a restoration, the guidance of SDXL', () => {
    expect(resolveModel('restore', 'named', { modelsDir }).scales).toEqual({ 4: 'DiffRIR-x4.pth' })
    expect(resolveModel('restore', 'unnamed', { modelsDir }).scales).toEqual({ 2: 'net_g_latest.pth' })
    expect(resolveModel('t2i', 'other-xl', { modelsDir }).defaults.guidanceScale).toBe(5)
    expect(resolveModel('inpaint', 'other-sd', { modelsDir }).role).toBe('inpaint')
  })

  it('is said of a model that only fills in', () => {
    const error = failure(() => resolveModel('t2i', 'filler', { modelsDir }))
    expect(error).toMatchObject({
      code: 'model/unsupported',
      message: expect.stringContaining('LLMGA_INPAINT') as string,
    })
  })
})

describe('the models in force', () => {
  it('fill in and restore with what comes with the model that draws', () => {
    expect(offeredNames(offer())).toEqual({
      mllm: ['llmga-tiny'],
      t2i: ['llmga-tiny'],
      inpaint: ['llmga-tiny'],
      restore: ['llmga-tiny'],
    })
    const [filler] = offer().inpaint
    expect(partFolder(filler!, 'vae')).toBe(path.join(embedded, 'sd-t2i', 'vae'))
    expect(partFolder(filler!, 'unet')).toBe(path.join(embedded, 'sd-inpaint', 'unet'))
  })

  it('may be without a model for either', () => {
    expect(offeredNames(offer({ t2i: 'other-sd' }))).toEqual({ mllm: ['llmga-tiny'], t2i: ['other-sd'] })
    expect(offeredNames(offer({ inpaint: 'none', restore: 'none' }))).toEqual({
      mllm: ['llmga-tiny'],
      t2i: ['llmga-tiny'],
    })
  })

  it('are chosen one by one', () => {
    const offered = offer({ t2i: 'other-xl', inpaint: 'filler', restore: 'named' })
    expect(offeredNames(offered)).toMatchObject({ t2i: ['other-xl'], inpaint: ['filler'], restore: ['named'] })
  })
})

describe('the model that looks at pictures', () => {
  it('is none, unless one is named or comes with the model that draws', () => {
    expect(offer().safety).toEqual([])
    expect(offer({ models: ['checker'] }).safety).toEqual([])
    expect(offer({ safety: 'none' }).safety).toEqual([])
    expect(offeredNames(offer({ safety: 'checker' }))).toMatchObject({ safety: ['checker'] })
  })

  it('is found in a folder of its own, in that of a pipeline, and by its preset', () => {
    const pipeline = path.join(modelsDir, 'pipeline')
    cpSync('test/golden/cases/sd/safety_checker/model', path.join(pipeline, 'safety_checker'), { recursive: true })
    expect(resolveModel('safety', pipeline).folder).toBe(path.join(pipeline, 'safety_checker'))
    expect(resolveModel('safety', 'checker', { modelsDir }).files.map(({ file }) => path.basename(file))).toEqual([
      'model.safetensors',
    ])
    const preset = resolveModel('safety', 'stable-diffusion-safety-checker', { modelsDir })
    expect(preset.parts['feature-extractor']).toMatch(/feature_extractor$/)
    expect(preset.files.map(({ sizeBytes }) => sizeBytes)).toEqual([342, 4723, 1215981830])
    const other = failure(() => resolveModel('safety', path.join(embedded, 'mllm')))
    expect(other).toMatchObject({ code: 'model/unsupported' })
  })
})

describe('the models that threads may choose', () => {
  it('come after those in force, each in the roles that it fills', () => {
    const names = offeredNames(offer({ models: ['other-xl', 'filler', 'llmga-tiny'] }))
    expect(names).toMatchObject({ t2i: ['llmga-tiny', 'other-xl'], inpaint: ['llmga-tiny', 'filler'] })
    expect(names.mllm).toEqual(['llmga-tiny'])
  })

  it('are every preset whose files are there', () => {
    const presets = path.join(modelsDir, 'presets')
    mkdirSync(presets)
    const { roles, ...rest } = JSON.parse(readFileSync('models/presets/llmga-tiny.json', 'utf8')) as {
      roles: { t2i: object }
    }
    const second = { ...rest, roles: { t2i: roles.t2i } }
    writeFileSync(path.join(presets, 'twin.json'), JSON.stringify({ ...second, name: 'twin' }))
    const missing = { 'nowhere/unet.safetensors': { sizeBytes: 1, sha256: '0'.repeat(64) } }
    writeFileSync(path.join(presets, 'absent.json'), JSON.stringify({ ...second, name: 'absent', files: missing }))
    expect(offeredNames(offer({ models: ['all'] })).t2i).toEqual(['llmga-tiny', 'twin'])
  })

  it('are named when another one is asked for', () => {
    const offered = offer({ models: ['other-xl'] })
    expect(chooseModel(offered, 't2i').name).toBe('llmga-tiny')
    expect(chooseModel(offered, 't2i', 'other-xl').name).toBe('other-xl')
    expect(failure(() => chooseModel(offered, 't2i', 'sdxl'))).toMatchObject({
      code: 'model/not-found',
      message: 'there is no t2i model "sdxl"',
      hint: expect.stringContaining('llmga-tiny, other-xl') as string,
    })
    expect(failure(() => chooseModel(offer({ restore: 'none' }), 'restore')).hint).toContain('LLMGA_RESTORE')
  })
})
