import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { GeneratedImage, InferenceRequest, PictureRequest } from '../../src/contract/inference.ts'
import { encodePng } from '../../src/image/png.ts'
import { collect, openDoor, recordingLog } from './door.ts'

// The bot's own worker over the embedded models: every kind of request reaches its pipeline with the models it asks for.
const modelsDir = mkdtempSync(path.join(tmpdir(), 'llmga-every-'))
const twin = path.join(modelsDir, 'twin')
symlinkSync(path.resolve('models/llmga-tiny/sd-t2i'), twin)
const door = openDoor(undefined, recordingLog().log, { models: [twin] })
afterAll(async () => {
  await door.stop()
  rmSync(modelsDir, { recursive: true })
})

async function drawn(request: PictureRequest): Promise<GeneratedImage> {
  const events = await collect(door.run(request))
  const failed = events.find((event) => event.type === 'error')
  if (failed) throw new Error(`${failed.error.code}: ${failed.error.message}`)
  return events.find((event) => event.type === 'image')!.image
}

async function failureOf(request: InferenceRequest) {
  const last = (await collect(door.run(request))).at(-1)!
  return last.type === 'error' ? last.error : undefined
}

const image = await encodePng({ width: 96, height: 64, data: new Uint8Array(96 * 64 * 3).fill(120) }, { text: {} })
const base = { prompt: 'a red car', seed: 1, steps: 2, previews: false } as const
const mask = { shapes: [{ type: 'boxes', boxes: [{ x: 0, y: 0, width: 0.5, height: 1 }] }] } as const

it('draws, fills in, extends, edits and restores with the models of each role', async () => {
  expect((await drawn({ ...base, kind: 'text-to-image' })).recipe.models).toHaveProperty('t2i')
  expect((await drawn({ ...base, kind: 'image-to-image', image, strength: 1 })).recipe.operation).toBe('image-to-image')
  const filled = await drawn({ ...base, kind: 'inpaint', image, mask })
  expect(filled).toMatchObject({ width: 96, height: 64, recipe: { operation: 'inpaint' } })
  expect(Object.keys(filled.recipe.models).sort()).toEqual(['inpaint', 'restore'])
  expect(filled.details?.maskPng).toBeInstanceOf(Uint8Array)
  const sides = { left: 0, top: 0, right: 32, bottom: 0 }
  const extended = await drawn({ ...base, kind: 'outpaint', image, sides, restore: false })
  expect(extended).toMatchObject({ width: 128, height: 64 })
  expect(Object.keys(extended.recipe.models)).toEqual(['inpaint'])
  const edit = { ...base, kind: 'edit', image, sourcePrompt: 'a blue car', restore: false } as const
  expect((await drawn(edit)).recipe).toMatchObject({ edit: { engine: 'direct-inversion-p2p' }, models: { t2i: {} } })
  expect((await drawn({ ...edit, engine: 'ledits', mask })).recipe.edit?.engine).toBe('ledits')
  expect((await drawn({ kind: 'restore', image, seed: 1 })).recipe.models).toHaveProperty('restore')
}, 180_000)

it('takes the model that a request names, and one that draws where none of that name fills in', async () => {
  expect((await drawn({ ...base, kind: 'text-to-image', model: 'twin' })).recipe.models['t2i']?.name).toBe('twin')
  const filled = await drawn({ ...base, kind: 'inpaint', image, mask, model: 'twin' })
  expect(filled.recipe.models).toMatchObject({ t2i: { name: 'twin' }, restore: { name: 'llmga-tiny' } })
  const names = (await door.status()).resident.map(({ role, name }) => `${role} ${name}`)
  expect(names).toContain('t2i twin')
})

it('says which models there are when a request names another', async () => {
  const question = { kind: 'chat', messages: [{ role: 'user', text: 'hello' }], model: 'gpt' } as const
  expect(await failureOf({ ...base, kind: 'text-to-image', model: 'twins' })).toMatchObject({
    code: 'model/not-found',
    message: 'there is no t2i model "twins"',
    hint: expect.stringContaining('llmga-tiny, twin') as string,
  })
  expect(await failureOf(question)).toMatchObject({ code: 'model/not-found' })
})
