/** A Llama of 1.1 billion parameters (TinyLlama's sizes), random fp16 weights: load, prefill, decode, memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDecoderConfig } from '../../src/families/decoder/decoder-config.ts'
import { loadDecoder } from '../../src/families/decoder/decoder.ts'
import { openFileHashes } from '../../src/inference/model-files.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'
import { plainMatrixRow } from '../convolution.ts'
import { llamaDefaults, llamaLayout } from '../layouts/llama.ts'
import { answerLoad, loadInFreshProcess, mebibytes, medianMs, memoryOf, noise, report, timed } from '../measure.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'

const sizes = {
  ...llamaDefaults,
  vocab_size: 32000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
}
const prefillRows = 128
const contexts = [128, 1920]

const loadFrom = async (from: string) => {
  const hashes = await openFileHashes(path.join(from, 'cache'))
  const runtime = await createRuntime({
    device: 'cpu',
    cacheDir: path.join(from, 'cache'),
    hashOf: (file) => hashes.sha256(file),
  })
  return { runtime, decoder: await loadDecoder(openWeightFolder(from, 'model'), readDecoderConfig(from), runtime) }
}
await answerLoad(loadFrom)

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-bench-'))
try {
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(sizes))
  const layout = llamaLayout(sizes)
  writeRandomCheckpoint(path.join(folder, 'model.safetensors'), layout)
  const fp32Bytes = layout.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 4), 0)
  const [first, firstMs] = await timed(() => loadFrom(folder))
  const firstPeak = memoryOf().peak
  await first.decoder.release()
  const later = loadInFreshProcess(fileURLToPath(import.meta.url), folder)
  const { decoder, runtime } = await loadFrom(folder)

  const rows = (count: number) => noise(count * sizes.hidden_size).map((value) => value / 50)
  const cache = decoder.createCache()
  const prefillMs = await medianMs(() => decoder.forward(rows(prefillRows), decoder.createCache()), { runs: 3 })
  const tokenMs: number[] = []
  for (const context of contexts) {
    while (cache.length < context) await decoder.forward(rows(Math.min(prefillRows, context - cache.length)), cache)
    tokenMs.push(await medianMs(() => decoder.forward(rows(1), cache), { runs: 9, warmup: 2 }))
  }
  const limit = await plainMatrixRow(runtime)
  // A token reads every matrix but the embedding table once.
  const bytesPerToken = fp32Bytes - sizes.vocab_size * sizes.hidden_size * 4
  const rate = bytesPerToken / tokenMs[0]! / 1e6
  report([
    { name: 'Llama 1.1B, first load (optimises into the cache)', value: firstMs / 1000, unit: 's' },
    {
      name: 'Llama 1.1B, later loads',
      value: later.ms / 1000,
      unit: 's',
      ratio: { to: 'first load', value: firstMs / later.ms },
    },
    {
      name: 'Llama 1.1B, peak of the first load',
      value: mebibytes(firstPeak),
      unit: 'MiB',
      ratio: { to: 'weights as fp32', value: firstPeak / fp32Bytes },
      goal: '< 2 (not held twice)',
    },
    {
      name: 'Llama 1.1B, own memory after a later load',
      value: mebibytes(later.anonymous),
      unit: 'MiB',
      ratio: { to: 'weights as fp32', value: later.anonymous / fp32Bytes },
    },
    { name: 'Llama 1.1B, prefill', value: (prefillRows * 1000) / prefillMs, unit: 'tokens/s' },
    { name: 'plain float32 matrix row (4096 x 11008)', value: limit, unit: 'GB/s' },
    {
      name: `Llama 1.1B, decode at ${contexts[0]} tokens`,
      value: 1000 / tokenMs[0]!,
      unit: 'tokens/s',
      ratio: { to: "the plain row's GB/s", value: rate / limit },
    },
    {
      name: `Llama 1.1B, decode at ${contexts[1]} tokens`,
      value: 1000 / tokenMs[1]!,
      unit: 'tokens/s',
      ratio: { to: `decode at ${contexts[0]}`, value: tokenMs[0]! / tokenMs[1]! },
    },
  ])
  await decoder.release()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
