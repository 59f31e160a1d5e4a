/** The SD1.5 UNet at 512x512 with random weights in the published layout: load, step, memory; against a plain Conv. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { unetGraph } from '../../src/families/stable-diffusion/unet.ts'
import { unetConfig, unetConfigSchema } from '../../src/families/stable-diffusion/unet-config.ts'
import { openFileHashes } from '../../src/inference/model-files.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { float32 } from '../../src/tensor/tensor.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'
import { plainConvolution } from '../convolution.ts'
import { unetFlops } from '../layouts/unet-flops.ts'
import { unetLayout } from '../layouts/unet.ts'
import { answerLoad, loadInFreshProcess, mebibytes, medianMs, memoryOf, noise, report, timed } from '../measure.ts'
import { writeRandomCheckpoint } from '../random-checkpoint.ts'

const side = 64
// What SD1.5's config.json says beyond the class's defaults.
const config = unetConfig(unetConfigSchema.parse({ cross_attention_dim: 768, sample_size: 64 }))
const graph = (from: string) => unetGraph(config, openWeightFolder(from, 'diffusion_pytorch_model'))
const loadFrom = async (from: string) => {
  const hashes = await openFileHashes(path.join(from, 'cache'))
  const runtime = await createRuntime({
    device: 'cpu',
    cacheDir: path.join(from, 'cache'),
    hashOf: (file) => hashes.sha256(file),
  })
  return { runtime, session: await runtime.load(graph(from)) }
}
await answerLoad(loadFrom)

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-bench-'))
try {
  writeRandomCheckpoint(path.join(folder, 'diffusion_pytorch_model.safetensors'), unetLayout(config))
  const fp32Bytes = graph(folder).weightBytes * 2

  const [first, firstMs] = await timed(() => loadFrom(folder))
  const firstPeak = memoryOf().peak
  await first.session.release()
  const later = loadInFreshProcess(fileURLToPath(import.meta.url), folder)
  const { session, runtime } = await loadFrom(folder)

  const feeds = {
    sample: float32(noise(2 * 4 * side * side), [2, 4, side, side]),
    timestep: float32(new Float32Array([500, 500]), [2]),
    encoder_hidden_states: float32(noise(2 * 77 * 768), [2, 77, 768]),
  }
  const before = await plainConvolution(runtime)
  const stepMs = await medianMs(() => session.run(feeds), { runs: 3 })
  const after = await plainConvolution(runtime)
  const reference = (before + after) / 2
  const rate = unetFlops(config, side, 2) / stepMs / 1e6
  const afterRun = memoryOf()
  report([
    { name: 'SD1.5 UNet, first load (optimises into the cache)', value: firstMs / 1000, unit: 's' },
    {
      name: 'SD1.5 UNet, later loads',
      value: later.ms / 1000,
      unit: 's',
      ratio: { to: 'first load', value: firstMs / later.ms },
    },
    {
      name: 'SD1.5 UNet, peak of the first load',
      value: mebibytes(firstPeak),
      unit: 'MiB',
      ratio: { to: 'weights as fp32', value: firstPeak / fp32Bytes },
    },
    {
      name: 'SD1.5 UNet, own memory after a later load',
      value: mebibytes(later.anonymous),
      unit: 'MiB',
      ratio: { to: 'weights as fp32', value: later.anonymous / fp32Bytes },
    },
    {
      name: 'SD1.5 UNet, resident after steps (mapped weights included)',
      value: mebibytes(afterRun.resident),
      unit: 'MiB',
      ratio: { to: 'weights as fp32', value: afterRun.resident / fp32Bytes },
    },
    { name: 'plain Conv 320x320x3x3 at 64x64', value: reference, unit: 'GFLOP/s' },
    { name: 'SD1.5 UNet step, 512x512, two rows', value: stepMs / 1000, unit: 's' },
    {
      name: 'SD1.5 UNet step',
      value: rate,
      unit: 'GFLOP/s',
      ratio: { to: 'plain Conv', value: rate / reference },
      goal: '>= 0.60',
    },
  ])
  await session.release()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
