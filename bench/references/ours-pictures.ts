/** Engine: this project's picture networks: a UNet step, a VAE decode, LLaVA's tower and projector, plain operators. */
import path from 'node:path'
import { clipVisionConfigSchema } from '../../src/families/clip/clip-config.ts'
import { findVisionModule } from '../../src/families/clip/vision-tower.ts'
import { loadLlavaVision } from '../../src/families/llava/vision.ts'
import { unetConfig, unetConfigSchema } from '../../src/families/stable-diffusion/unet-config.ts'
import { unetGraph } from '../../src/families/stable-diffusion/unet.ts'
import { vaeConfigSchema, vaeDecoderGraph } from '../../src/families/stable-diffusion/vae.ts'
import { Graph } from '../../src/graph/graph.ts'
import { matmul } from '../../src/graph/ops.ts'
import { readClipPreprocessor } from '../../src/image/clip-preprocess.ts'
import { float32, type FloatTensor, type Tensor } from '../../src/tensor/tensor.ts'
import { readJson } from '../../src/weights/config-file.ts'
import { openSafetensors } from '../../src/weights/safetensors.ts'
import { Weights } from '../../src/weights/weights.ts'
import { plainConvolution } from '../convolution.ts'
import { unetFlops } from '../layouts/unet-flops.ts'
import { medianMs, noise, timed } from '../measure.ts'
import { answer, openRuntime, readJob } from './engine.ts'

interface Job {
  readonly task: 'unet' | 'vae' | 'vision' | 'gemm'
  readonly folder: string
  readonly file: string
  readonly threads: number
  readonly steps: number
  readonly side: number
  readonly batch: number
  readonly towerPrefix: string
  readonly projectorPrefix: string
  readonly size: number
}

const job = readJob<Job>()
const weights = () => openSafetensors(path.join(job.folder, job.file)).tensors
const config = () => readJson(path.join(job.folder, 'config.json'))
const tensor = (...shape: number[]): FloatTensor => float32(noise(shape.reduce((a, b) => a * b, 1)), shape)

/** Runs once for the outputs, then the job's number of times; seconds of the median. */
async function measure(run: () => Promise<FloatTensor>): Promise<[Float32Array, number]> {
  const outputs = (await run()).data
  return [outputs, (await medianMs(run, { runs: job.steps, warmup: 0 })) / 1000]
}

async function loadGraph(graph: () => Graph) {
  const [session, ms] = await timed(async () => (await openRuntime(job.folder, job.threads)).load(graph()))
  return { session, seconds: ms / 1000 }
}

async function unet(): Promise<never> {
  const parsed = unetConfig(unetConfigSchema.parse(config()))
  const { session, seconds } = await loadGraph(() => unetGraph(parsed, weights()))
  const { batch } = job
  const { file } = parsed
  const side = job.side / 8
  const feeds: Record<string, Tensor> = {
    sample: tensor(batch, file.in_channels, side, side),
    timestep: float32(new Float32Array(batch).fill(500), [batch]),
    encoder_hidden_states: tensor(batch, 77, parsed.contextDim),
  }
  if (file.addition_embed_type) {
    const sizes = Array.from({ length: batch }, () => [job.side, job.side, 0, 0, job.side, job.side]).flat()
    const pooled = file.projection_class_embeddings_input_dim! - 6 * file.addition_time_embed_dim!
    feeds['text_embeds'] = tensor(batch, pooled)
    feeds['time_ids'] = float32(Float32Array.from(sizes), [batch, 6])
  }
  const [outputs, step] = await measure(async () => (await session.run(feeds))['output'] as FloatTensor)
  const rate = unetFlops(parsed, side, batch) / step / 1e9
  return answer({ 'load s': seconds, 'step s': step, 'rate GFLOP/s': rate }, outputs)
}

async function vae(): Promise<never> {
  const parsed = vaeConfigSchema.parse(config())
  const { session, seconds } = await loadGraph(() => vaeDecoderGraph(parsed, weights()))
  const latents = tensor(1, parsed.latent_channels, job.side / 8, job.side / 8)
  const [outputs, decode] = await measure(async () => (await session.run({ latents }))['image'] as FloatTensor)
  return answer({ 'load s': seconds, 'decode s': decode }, outputs)
}

async function vision(): Promise<never> {
  const map = weights()
  const tower = clipVisionConfigSchema.parse((config() as { vision_config: unknown }).vision_config)
  const plan = {
    tower,
    towerWeights: findVisionModule(new Map([...map].filter(([name]) => name.startsWith(job.towerPrefix)))),
    preprocessor: readClipPreprocessor({}), // pixels come as they are
    states: [tower.num_hidden_layers - 1],
    keepsClassToken: false,
    projector: ['linear_1', 'linear_2'].map((name) => new Weights(map).at(`${job.projectorPrefix}${name}`)),
    projectorActivation: 'gelu',
  }
  const [seeing, ms] = await timed(async () => loadLlavaVision(plan, 'pad', await openRuntime(job.folder, job.threads)))
  const pixels = tensor(1, 3, tower.image_size, tower.image_size)
  const [outputs, encode] = await measure(async () => (await seeing.encodePixels(pixels)).projected)
  return answer({ 'load s': ms / 1000, 'encode s': encode }, outputs)
}

/** What onnxruntime's own kernels reach on this machine: a square product, and the UNet's convolution. */
async function gemm(): Promise<never> {
  const { size } = job
  const runtime = await openRuntime(job.folder, job.threads)
  const g = new Graph('plain product')
  g.output('y', matmul(g, g.input('x', 'float32', [size, size]), g.constant(noise(size * size), [size, size])))
  const session = await runtime.load(g)
  const x = tensor(size, size)
  const ms = await medianMs(() => session.run({ x }), { runs: job.steps, warmup: 1 })
  const figures = {
    'product GFLOP/s': (2 * size ** 3) / ms / 1e6,
    'convolution GFLOP/s': await plainConvolution(runtime, job.steps),
  }
  return answer(figures, [0])
}

const tasks = { unet, vae, vision, gemm }
await tasks[job.task]()
