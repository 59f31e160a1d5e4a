import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { inspectImage } from '../../src/image/inspect.ts'
import { createInference } from '../../src/inference/inference.ts'
import { offerModels } from '../../src/inference/offered-models.ts'
import { codeBlock } from './code-block.ts'

const embedded = fileURLToPath(new URL('../../models/llmga-tiny/sd-t2i', import.meta.url))

it("draws with the document's preset once its folders are there", async () => {
  const modelsDir = mkdtempSync(path.join(tmpdir(), 'llmga-models-'))
  try {
    mkdirSync(path.join(modelsDir, 'presets'))
    writeFileSync(path.join(modelsDir, 'presets', 'my-model.json'), codeBlock('adding-a-model.md', 'json'))
    mkdirSync(path.join(modelsDir, 'my-sd15'))
    for (const part of ['model_index.json', 'unet', 'text_encoder', 'tokenizer', 'scheduler'])
      symlinkSync(path.join(embedded, part), path.join(modelsDir, 'my-sd15', part))
    symlinkSync(path.join(embedded, 'vae'), path.join(modelsDir, 'better-vae'))

    const models = offerModels({ mllm: 'llmga-tiny', t2i: 'my-model' }, { modelsDir })
    const cacheDir = path.join(modelsDir, 'cache')
    const inference = createInference({ models, device: 'cpu', cacheDir, log: pino({ level: 'fatal' }) })
    const pictures = []
    for await (const event of inference.run({ kind: 'text-to-image', prompt: 'a red car', seed: 1 })) {
      if (event.type === 'error') throw new Error(event.error.message)
      if (event.type === 'image') pictures.push(event.image)
    }
    await inference.stop()
    expect(pictures).toHaveLength(1)
    expect(inspectImage(pictures[0]!.png)).toMatchObject({ format: 'png', width: 128, height: 64 })
    expect(pictures[0]!.recipe).toMatchObject({ sampler: 'dpmpp-2m-karras', steps: 4, models: { t2i: { name: 'my-model' } } })
  } finally {
    rmSync(modelsDir, { recursive: true, force: true })
  }
})
