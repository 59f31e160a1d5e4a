/** Engine: this project's decoder. Loads, prefills, decodes. */
import { readDecoderConfig } from '../../src/families/decoder/decoder-config.ts'
import { inPrecision } from '../../src/families/decoder/decoder-precision.ts'
import { loadDecoder } from '../../src/families/decoder/decoder.ts'
import { fill, sequence } from '../../src/families/decoder/generate.ts'
import type { Precision } from '../../src/contract/precision.ts'
import { openWeightFolder } from '../../src/weights/weights.ts'
import { timed } from '../measure.ts'
import { answer, openRuntime, readJob } from './engine.ts'
import { decodedId, promptIds } from './prompt.ts'

interface Job {
  readonly folder: string
  readonly precision: Precision
  readonly threads: number
  readonly prompt: number
  readonly decode: number
}

const job = readJob<Job>()
const [decoder, loadMs] = await timed(async () => {
  const runtime = await openRuntime(job.folder, job.threads)
  const config = readDecoderConfig(job.folder)
  const weights = await inPrecision(openWeightFolder(job.folder, 'model'), config, job.precision, runtime)
  return loadDecoder(weights.map, config, weights.runtime)
})
const { vocabSize } = decoder.config
const warm = decoder.createCache()
await fill(decoder, warm, sequence(decoder.embed(promptIds(8, vocabSize)), [], decoder))

const cache = decoder.createCache()
const prompt = sequence(decoder.embed(promptIds(job.prompt, vocabSize)), [], decoder)
const [logits, prefillMs] = await timed(() => fill(decoder, cache, prompt))
const outputs = logits.slice()
const [, decodeMs] = await timed(async () => {
  for (let i = 0; i < job.decode; i++) await decoder.forward(decoder.embed([decodedId(i, vocabSize)]), cache)
})
answer(
  {
    'load s': loadMs / 1000,
    'prefill ms a token': prefillMs / job.prompt,
    'decode ms a token': decodeMs / job.decode,
  },
  outputs,
)
