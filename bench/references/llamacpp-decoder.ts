/** Engine: llama.cpp in node-llama-cpp's prebuilt binaries, called where its own batches are run, so without sampling. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { timed } from '../measure.ts'
import { answer, readJob } from './engine.ts'
import { decodedId, promptIds } from './prompt.ts'

interface Job {
  readonly references: string
  readonly gguf: string
  readonly threads: number
  readonly prompt: number
  readonly decode: number
  readonly vocabulary: number
  readonly flashAttention: boolean
  /** Tokens that are run at once. */
  readonly batch: number
}

/** As much of node-llama-cpp's bindings as is used: they are thin around llama.cpp. */
interface Context {
  init(): Promise<boolean>
  initBatch(size: number): void
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logits: Uint32Array): Uint32Array
  decodeBatch(): Promise<void>
  sampleToken(at: number, sampler: unknown, p: boolean, c: boolean, logits: boolean): Promise<unknown[]>
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean
}
interface Model {
  init(): Promise<boolean>
}
interface Bindings {
  AddonModel: new (file: string, options: object) => Model
  AddonContext: new (model: Model, options: object) => Context
  AddonSampler: new (model: Model) => { applyConfig(config: object): void }
}
interface NodeLlamaCpp {
  readonly getLlama: (options: object) => Promise<{ readonly _bindings: Bindings }>
}

const job = readJob<Job>()
const entry = path.join(job.references, 'llama/node_modules/node-llama-cpp/dist/index.js')
const { getLlama } = (await import(pathToFileURL(entry).href)) as NodeLlamaCpp
const options = { gpu: false, build: 'never', skipDownload: true, maxThreads: job.threads }
const { _bindings: bindings } = await getLlama(options)
const [{ model, engine }, loadMs] = await timed(async () => {
  const loaded = new bindings.AddonModel(job.gguf, { addonExports: bindings, gpuLayers: 0, useMmap: true })
  if (!(await loaded.init())) throw new Error(`llama.cpp cannot load ${job.gguf}`)
  const made = new bindings.AddonContext(loaded, {
    contextSize: 1024,
    batchSize: job.batch,
    sequences: 1,
    threads: job.threads,
    flashAttention: job.flashAttention,
  })
  if (!(await made.init())) throw new Error('llama.cpp cannot make a context')
  return { model: loaded, engine: made }
})

/** Runs tokens from a position on, in batches; the place of the last one's logits. */
async function run(tokens: readonly number[], position: number): Promise<number> {
  let place = 0
  for (let done = 0; done < tokens.length; done += job.batch) {
    const part = Uint32Array.from(tokens.slice(done, done + job.batch))
    const last = done + part.length === tokens.length ? Uint32Array.of(part.length - 1) : new Uint32Array()
    engine.initBatch(part.length)
    place = engine.addToBatch(0, position + done, part, last)[0] ?? 0
    await engine.decodeBatch()
  }
  return place
}

await run(promptIds(8, job.vocabulary), 0)
engine.removeTokenCellsFromSequence(0, 0, -1)
const [place, prefillMs] = await timed(() => run(promptIds(job.prompt, job.vocabulary), 0))
const sampler = new bindings.AddonSampler(model)
sampler.applyConfig({ temperature: 0 })
const sampled = await engine.sampleToken(place, sampler, false, false, true)
const outputs = logitsOf(sampled[3], job.vocabulary)
const [, decodeMs] = await timed(async () => {
  for (let i = 0; i < job.decode; i++) await run([decodedId(i, job.vocabulary)], job.prompt + i)
})
answer(
  {
    'load s': loadMs / 1000,
    'prefill ms a token': prefillMs / job.prompt,
    'decode ms a token': decodeMs / job.decode,
  },
  outputs,
)

/** From token, logit, token, logit, ... in any order. */
function logitsOf(pairs: unknown, vocabulary: number): Float32Array {
  const logits = new Float32Array(vocabulary)
  const list = pairs as ArrayLike<number>
  for (let i = 0; i < list.length; i += 2) logits[list[i]!] = list[i + 1]!
  return logits
}
