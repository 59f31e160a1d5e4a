/** A Llama of 7 billion parameters, random fp16 weights: quantised to int4, loaded, decoding. Takes 18 GB of disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDecoderConfig } from '../../src/families/decoder/decoder-config.ts'
import { decoderFormats, inPrecision } from '../../src/families/decoder/decoder-precision.ts'
import { loadDecoder } from '../../src/families/decoder/decoder.ts'
import { openFileHashes } from '../../src/inference/model-files.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { quantisedBytes } from '../../src/weights/quantised-file.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'
import { llamaDefaults, llamaLayout } from '../layouts/llama.ts'
import { answerLoad, loadInFreshProcess, mebibytes, medianMs, memoryOf, noise, report, timed } from '../measure.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'

const sizes = {
  ...llamaDefaults,
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
}
const prefillRows = 128
const context = 640

async function quantise(from: string) {
  const cacheDir = path.join(from, 'cache')
  const hashes = await openFileHashes(cacheDir)
  const runtime = await createRuntime({ device: 'cpu', cacheDir, hashOf: (file) => hashes.sha256(file) })
  const config = readDecoderConfig(from)
  return { config, ...(await inPrecision(openWeightFolder(from, 'model'), config, 'int4', runtime)) }
}

const loadFrom = async (from: string) => {
  const { map, config, runtime } = await quantise(from)
  return loadDecoder(map, config, runtime)
}
await answerLoad(loadFrom)

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-bench-'))
try {
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(sizes))
  const file = path.join(folder, 'model.safetensors')
  writeRandomCheckpoint(file, llamaLayout(sizes))
  const [hashes] = await timed(() => openFileHashes(path.join(folder, 'cache')))
  const [, hashMs] = await timed(() => hashes.sha256(file))
  const [, quantiseMs] = await timed(() => quantise(folder))
  const quantisePeak = memoryOf().peak
  const [decoder, loadMs] = await timed(() => loadFrom(folder))
  const loadPeak = memoryOf().peak
  const config = readDecoderConfig(folder)
  const map = openWeightFolder(folder, 'model')
  const bytes = quantisedBytes(map, decoderFormats(map, config, 'int4'))

  const rows = (count: number) => noise(count * sizes.hidden_size).map((value) => value / 50)
  const cache = decoder.createCache()
  const [, prefillMs] = await timed(async () => {
    while (cache.length < context) await decoder.forward(rows(Math.min(prefillRows, context - cache.length)), cache)
  })
  const tokenMs = await medianMs(() => decoder.forward(rows(1), cache), { runs: 15, warmup: 3 })
  const { resident, anonymous } = memoryOf()
  await decoder.release()
  const later = loadInFreshProcess(fileURLToPath(import.meta.url), folder)
  report([
    { name: 'Llama 7B, sha256 of the checkpoint (once)', value: hashMs / 1000, unit: 's' },
    { name: 'Llama 7B, quantising to int4 (once)', value: quantiseMs / 1000, unit: 's' },
    { name: 'Llama 7B int4, quantised weights', value: mebibytes(bytes), unit: 'MiB' },
    {
      name: 'Llama 7B int4, peak while quantising',
      value: mebibytes(quantisePeak),
      unit: 'MiB',
      ratio: { to: 'the quantised weights', value: quantisePeak / bytes },
      goal: '< 1.1',
    },
    { name: 'Llama 7B int4, load', value: loadMs / 1000, unit: 's' },
    {
      name: 'Llama 7B int4, peak of a load',
      value: mebibytes(loadPeak),
      unit: 'MiB',
      ratio: { to: 'the quantised weights', value: loadPeak / bytes },
    },
    { name: 'Llama 7B int4, load in a new process', value: later.ms / 1000, unit: 's' },
    {
      name: `Llama 7B int4, resident at ${context} tokens, keys and values included`,
      value: mebibytes(resident),
      unit: 'MiB',
      ratio: { to: 'the quantised weights', value: resident / bytes },
    },
    { name: 'Llama 7B int4, of it not files', value: mebibytes(anonymous), unit: 'MiB' },
    { name: `Llama 7B int4, prefill of ${context}`, value: (context * 1000) / prefillMs, unit: 'tokens/s' },
    { name: `Llama 7B int4, decode at ${context} tokens`, value: 1000 / tokenMs, unit: 'tokens/s' },
  ])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
