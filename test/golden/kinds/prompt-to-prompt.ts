// Long because seven kinds of cases of one method share their set-up and their comparisons.
import path from 'node:path'
import { attentionPlaces, mapSize } from '../../../src/families/prompt-to-prompt/attention-calls.ts'
import { attentionControl, mapTap } from '../../../src/families/prompt-to-prompt/attention-control.ts'
import {
  controlInputs,
  equalizerOf,
  gatesOf,
  planEdit,
  type EditPlan,
  type StepShare,
} from '../../../src/families/prompt-to-prompt/edit-plan.ts'
import { averageMaps, blendLatents, blendMask } from '../../../src/families/prompt-to-prompt/local-blend.ts'
import {
  literalWords,
  placesOfWord,
  placesOfWords,
  type PromptWords,
} from '../../../src/families/prompt-to-prompt/prompt-words.ts'
import { refineMap, replaceMap, rowsOfPlaces, type TokenMap } from '../../../src/families/prompt-to-prompt/token-map.ts'
import { stackConditioning, perRow, type Conditioning } from '../../../src/families/stable-diffusion/conditioning.ts'
import { latentDistribution } from '../../../src/families/stable-diffusion/autoencoder.ts'
import type { DenoiserInputs } from '../../../src/families/stable-diffusion/denoiser.ts'
import { guide, stackBatch } from '../../../src/families/stable-diffusion/guidance.ts'
import {
  loadStableDiffusion,
  partsOf,
  type StableDiffusion,
} from '../../../src/families/stable-diffusion/stable-diffusion.ts'
import { centreCropSquare } from '../../../src/image/crop.ts'
import type { RgbImage } from '../../../src/image/rgb-image.ts'
import {
  blendPlaces,
  editSteps,
  invert,
  inversionSchedules,
  storeLimit,
  type Path,
} from '../../../src/pipelines/direct-inversion.ts'
import { emptyHistory } from '../../../src/schedulers/scheduler.ts'
import { float32, type FloatTensor, type Tensor } from '../../../src/tensor/tensor.ts'
import { loadClipTokenizer, type ClipTokenizer } from '../../../src/tokenizers/clip-bpe.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import type { GoldenKind } from '../runner.ts'

interface AlignInputs {
  readonly pairs: readonly {
    readonly source: string
    readonly target: string
    readonly words: readonly string[]
    readonly equalizer?: { readonly words: readonly string[]; readonly values: readonly number[] }
  }[]
  readonly alpha_cases: readonly {
    readonly prompts: readonly [string, string]
    readonly num_steps: number
    readonly cross_replace_steps: number | Readonly<Record<string, StepShare>>
  }[]
}

function align(goldenCase: GoldenCase, check: Checker): void {
  const tokenizer = openTokenizer(goldenCase.model())
  const inputs = goldenCase.inputs as unknown as AlignInputs
  const size = tokenizer.modelMaxLength
  const pairs: unknown[] = []
  const replaced: number[] = []
  const refined: { mapper: number[]; alphas: number[] } = { mapper: [], alphas: [] }
  for (const { source, target, words, equalizer } of inputs.pairs) {
    const [from, to] = [literalWords(tokenizer, source), literalWords(tokenizer, target)]
    const ok = from.words.length === to.words.length
    replaced.push(...(ok ? replaceMap(from, to, size).share : new Float32Array(size * size)))
    const map = refineMap(from, to, size)
    refined.mapper.push(...mapperOf(map))
    refined.alphas.push(...map.known)
    pairs.push({
      source_ids: from.ids,
      target_ids: to.ids,
      source_pieces: from.pieces,
      target_pieces: to.pieces,
      replace_ok: ok,
      ...(ok ? {} : { replace_error: replaceError(from, to) }),
      word_inds: words.map((word) => [word, placesOfWord(to, word)]),
      word_inds_by_position: placesOfWords(to),
      ...(equalizer && { equalizer: [...equalizerOf(size, weightsOf(equalizer), (word) => placesOfWord(to, word))] }),
    })
  }
  check.json('pairs', pairs)
  check.tensor('replace_mapper', replaced)
  check.tensor('refine_mapper', refined.mapper)
  check.tensor('refine_alphas', refined.alphas)
  inputs.alpha_cases.forEach(({ prompts, num_steps: steps, cross_replace_steps: given }, i) => {
    const { default_: share = 1, ...words } = typeof given === 'number' ? { default_: given } : given
    const target = literalWords(tokenizer, prompts[1])
    const gates = gatesOf(size, steps, share, words, (word) => placesOfWord(target, word))
    check.tensor(
      `alpha_words.${i}`,
      gates.flatMap((gate) => [...gate]),
    )
  })
}

/** What the reference says of prompts of different numbers of words, from the project's own error. */
function replaceError(from: PromptWords, to: PromptWords): string {
  try {
    replaceMap(from, to, 1)
    return 'no error'
  } catch (error) {
    const counts = /has (\d+), the target prompt (\d+)/.exec((error as Error).message)
    return `attention replacement edit can only be applied on prompts with the same length but prompt A has ${counts?.[1]} words and prompt B has ${counts?.[2]} words.`
  }
}

const weightsOf = ({ words, values }: { readonly words: readonly string[]; readonly values: readonly number[] }) =>
  Object.fromEntries(words.map((word, i) => [word, values[i]!]))

/** A refinement's map as the reference writes it: for each target place the source place, or -1. */
const mapperOf = ({ size, share, known }: TokenMap): number[] =>
  Array.from(known, (isKnown, to) =>
    isKnown ? Array.from({ length: size }, (_, from) => from).findIndex((from) => share[from * size + to] === 1) : -1,
  )

/** The tokenizer of a pipeline, or a folder that is one. */
function openTokenizer(folder: string): ClipTokenizer {
  try {
    return loadClipTokenizer(path.join(folder, 'tokenizer'))
  } catch {
    return loadClipTokenizer(folder)
  }
}

interface EditInputs {
  readonly prompt_src: string
  readonly prompt_tar: string
  readonly negative_prompt?: string | null
  readonly num_ddim_steps: number
  readonly cross_replace_steps: number
  readonly self_replace_steps: number
  readonly is_replace_controller: boolean
  readonly guidance_scale: number
  readonly eq_params?: { readonly words: readonly string[]; readonly values: readonly number[] } | null
  /** [[source words], [target words]], or for the later kinds [source word, target word]. */
  readonly blend_word?: readonly [string | readonly string[], string | readonly string[]] | null
  readonly blend_threshold?: number
  readonly store_max_queries?: number
  readonly max_embeddings_multiples?: number
  readonly words?: readonly (readonly string[])[]
  readonly cur_step?: number
  readonly record_layers?: readonly number[]
}

const inputsOf = (goldenCase: GoldenCase) => goldenCase.inputs as unknown as EditInputs

function planOf(inputs: EditInputs, tokenizer: ClipTokenizer, rows: number): EditPlan {
  const words = (given: string | readonly string[]) => (typeof given === 'string' ? [given] : given)
  return planEdit({
    mode: inputs.is_replace_controller ? 'replace' : 'refine',
    source: literalWords(tokenizer, inputs.prompt_src),
    target: literalWords(tokenizer, inputs.prompt_tar),
    rows,
    chunkTokens: tokenizer.modelMaxLength - 2,
    steps: inputs.num_ddim_steps,
    crossReplace: inputs.cross_replace_steps,
    selfReplace: inputs.self_replace_steps,
    ...(inputs.eq_params ? { wordWeights: weightsOf(inputs.eq_params) } : {}),
    ...(inputs.blend_word
      ? { blendWords: { source: words(inputs.blend_word[0]), target: words(inputs.blend_word[1]) } }
      : {}),
  })
}

/** The same edit that changes nothing: the reference's AttentionStore. */
const storeOnly = (inputs: EditInputs): EditInputs => ({
  ...inputs,
  cross_replace_steps: 0,
  self_replace_steps: 0,
  blend_word: null,
})

const controllerName = ({ is_replace_controller: isReplace, eq_params: reweights }: EditInputs): string =>
  reweights ? 'AttentionReweight' : isReplace ? 'AttentionReplace' : 'AttentionRefine'

async function attention(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = inputsOf(goldenCase)
  const { model, size } = await open(goldenCase)
  const texts = [inputs.prompt_src, inputs.prompt_tar].map((prompt) => ({ prompt }))
  const encoded = await model.encodeTexts([{ prompt: '' }, ...texts], { scheme: 'plain', width: size, height: size })
  const [empty, source, target] = encoded.map(({ conditioning }) => conditioning) as [
    Conditioning,
    Conditioning,
    Conditioning,
  ]
  const context = stackConditioning([empty, empty, source, target])
  const latents = goldenCase.float('input.latents')
  const batch = {
    sample: stackBatch(latents, latents),
    timestep: perRow(Number(goldenCase.tensor('input.timestep').data[0]), 4),
    ...context,
  } as DenoiserInputs
  const tapped = await model.denoiser.variant(attentionControl({ taps: true }))
  const layers = inputs.record_layers ?? []
  const taps = layers.flatMap((layer) => [mapTap(layer, 'before'), mapTap(layer, 'after')])
  const control = controlInputs(
    planOf(inputs, model.tokenizer, context['encoder_hidden_states']!.shape[1]!),
    inputs.cur_step!,
    storeLimit,
  )
  const outputs = await tapped.evaluate({ ...batch, ...control }, taps)
  const plain = await model.denoiser.denoise(batch)
  check.tensor('context', context['encoder_hidden_states']!.data, context['encoder_hidden_states']!.shape)
  check.tensor('output_controlled', (outputs['output'] as FloatTensor).data, outputs['output']!.shape)
  check.tensor('output_plain', plain.data, plain.shape)
  for (const layer of layers)
    for (const when of ['before', 'after'] as const) {
      const { data, shape } = outputs[mapTap(layer, when)] as FloatTensor
      check.tensor(`layer${layer}.${when}`, data, shape)
    }
  const { height, width } = spatial(latents)
  const places = attentionPlaces(model.denoiser.config)
  check.json(
    'layers',
    places.map((call, index) => {
      const map = mapSize({ height, width }, call, model.denoiser.config)
      const queries = map.height * map.width
      const keys = call.isCross ? context['encoder_hidden_states']!.shape[1] : queries
      return { index, place: call.place, is_cross: call.isCross, queries, keys }
    }),
  )
  check.json('num_att_layers', places.length)
  await tapped.session.release()
  await close(model)
}

const spatial = ({ shape }: FloatTensor) => ({ height: shape[2]!, width: shape[3]! })

/** The pipeline and the side of its pictures. */
async function open(goldenCase: GoldenCase) {
  const model = await loadStableDiffusion(partsOf(goldenCase.model()), await goldenRuntime())
  const { sample_size: sample } = model.denoiser.config.file
  return { model, size: (Array.isArray(sample) ? sample[0] : (sample ?? 64)) * model.autoencoder.scale }
}

async function close(model: StableDiffusion): Promise<void> {
  await model.denoiser.session.release()
  await model.textEncoder.release()
  await model.textEncoder2?.release()
  for (const session of model.autoencoder.sessions()) await session.release()
}

/** The official scheduler of Stable Diffusion 1.x, whatever the folder says. */
const officialSchedule = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
}
/** Written into the official code. */
const officialScale = 0.18215

function pictureOf(goldenCase: GoldenCase): RgbImage {
  const { data, shape } = goldenCase.tensor('input.image_u8') as Tensor<'uint8'>
  return { height: shape[0]!, width: shape[1]!, data }
}

/** The picture's latents: the posterior's mean, scaled. */
async function latentsOf(
  model: StableDiffusion,
  { data, width, height }: RgbImage,
  scale: number,
): Promise<FloatTensor> {
  const plane = width * height
  const pixels = Float32Array.from({ length: 3 * plane }, (_, i) => {
    const value = data[(i % plane) * 3 + Math.floor(i / plane)]!
    return Math.fround(Math.fround(value / 127.5) - 1)
  })
  const moments = await model.autoencoder.encodeMoments(float32(pixels, [1, 3, height, width]))
  const { mean } = latentDistribution(moments)
  return float32(
    mean.data.map((value) => value * scale),
    mean.shape,
  )
}

/** Latents as pictures: floats within [0, 1] as [b, 3, h, w], and their bytes, cut off rather than rounded. */
async function decoded(model: StableDiffusion, latents: FloatTensor, scale: number) {
  const factor = model.autoencoder.config.scaling_factor / scale // decode divides by the config's own
  const image = await model.autoencoder.decode(
    float32(
      latents.data.map((value) => value * factor),
      latents.shape,
    ),
  )
  const floats = image.data.map((value) => Math.min(1, Math.max(0, value / 2 + 0.5)))
  const [batch, channels, height, width] = image.shape as [number, number, number, number]
  const plane = height * width
  const bytes = new Uint8Array(floats.length)
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < plane; i++)
        bytes[(b * plane + i) * channels + c] = Math.trunc(Math.fround(floats[(b * channels + c) * plane + i]! * 255))
  return { floats, bytes }
}

async function runInversion(
  model: StableDiffusion,
  schedules: ReturnType<typeof inversionSchedules>,
  latents: FloatTensor,
  source: Conditioning,
): Promise<Path> {
  const run = invert({ denoiser: model.denoiser, schedule: schedules.inverse, latents, source })
  for (;;) {
    const next = await run.next()
    if (next.done) return next.value
  }
}

async function ddimInversion(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const { prompt, num_ddim_steps: steps } = goldenCase.inputs as { prompt: string; num_ddim_steps: number }
  const { model, size } = await open(goldenCase)
  const picture = centreCropSquare(pictureOf(goldenCase), size)
  const [source] = await model.encodeTexts([{ prompt }], { scheme: 'plain', width: size, height: size })
  const schedules = inversionSchedules(officialSchedule, steps)
  const latents = await latentsOf(model, picture, officialScale)
  const path = await runInversion(model, schedules, latents, source!.conditioning)
  const { bytes } = await decoded(model, latents, officialScale)
  check.json('timesteps', schedules.forward.timesteps)
  check.floats(
    'final_alpha_cumprod',
    [schedules.forward.alphasCumprod[0]!],
    [goldenCase.expected['final_alpha_cumprod'] as number],
  )
  check.tensor(
    'ddim_latents',
    path.flatMap((state) => [...state]),
  )
  check.tensor('image_cropped_u8', picture.data)
  check.pictures('vae_reconstruction_u8', bytes)
  await close(model)
}

/** How a kind prepares an edit; everything after that is one. */
interface Setup {
  readonly picture: RgbImage
  readonly scale: number
  readonly schedule: unknown
  readonly rows: { readonly negative: Conditioning; readonly source: Conditioning; readonly target: Conditioning }
  readonly isXl: boolean
}

/** Direct Inversion, reconstruction and edit; everything that the kinds have in common is compared. */
async function runEdit(goldenCase: GoldenCase, check: Checker, model: StableDiffusion, setup: Setup) {
  const inputs = inputsOf(goldenCase)
  const { rows, scale, isXl } = setup
  const schedules = inversionSchedules(setup.schedule, inputs.num_ddim_steps)
  const { forward } = schedules
  const latents = await latentsOf(model, setup.picture, scale)
  const path = await runInversion(model, schedules, latents, rows.source)
  const controlled = await model.denoiser.variant(attentionControl())
  const { config } = model.denoiser
  const limit = inputs.store_max_queries ?? storeLimit
  const maps = blendPlaces(config, latents.shape, { limit, isXl })
  const edit = async (settings: EditInputs) => {
    const plan = planOf(settings, model.tokenizer, rows.source.encoder_hidden_states.shape[1]!)
    const common = {
      denoiser: controlled,
      schedule: forward,
      path,
      shape: latents.shape,
      ...rows,
      plan,
      storeLimit: limit,
    }
    const blend = plan.blendColumns && { threshold: inputs.blend_threshold ?? 0.3, start: 0.2, maps }
    const steps = []
    for await (const step of editSteps({ ...common, guidanceScale: inputs.guidance_scale, blend })) steps.push(step)
    return { plan, steps }
  }
  const pair = ({ source, target }: { source: Float32Array; target: FloatTensor }) => [...source, ...target.data]
  const restored = (await edit(storeOnly(inputs))).steps.at(-1)!
  const { plan, steps } = await edit(inputs)
  const edited = float32(Float32Array.from(pair(steps.at(-1)!)), [2, ...latents.shape.slice(1)])
  const { floats, bytes } = await decoded(model, edited, scale)
  check.json('timesteps', forward.timesteps)
  check.json('controller', controllerName(inputs))
  check.json('self_replace_range', [...plan.selfReplace])
  check.tensor(
    'ddim_latents',
    path.flatMap((state) => [...state]),
  )
  check.tensor('noise_loss', await noiseLoss(model, forward, path, latents.shape, rows, inputs.guidance_scale))
  check.tensor('reconstruct_latents', pair(restored))
  check.tensor('latents_per_step', steps.flatMap(pair))
  check.tensor('edited_latents', edited.data, edited.shape)
  check.pictures('edited_images_u8', bytes)
  if (goldenCase.has('expected.edited_images_float')) check.tensor('edited_images_float', floats)
  if (goldenCase.has('expected.reconstruct_image_u8')) {
    const image = await decoded(model, float32(Float32Array.from(pair(restored)), edited.shape), scale)
    check.pictures('reconstruct_image_u8', image.bytes.subarray(0, image.bytes.length / 2))
  }
  const blends = steps.flatMap(({ blend }) => (blend ? [blend] : []))
  if (inputs.blend_word)
    check.tensor(
      'blend_masks',
      blends.flatMap(({ mask }) => [...mask.source, ...mask.target]),
    )
  checkPlaces(goldenCase, check, model, latents, limit, maps)
  const start = inputs.blend_word ? steps.findIndex(({ blend }) => blend) : null
  if ('blend_start_step' in goldenCase.expected) check.json('blend_start_step', start)
  if ('mask_area' in goldenCase.expected)
    check.json(
      'mask_area',
      blends.map(({ mask }) => roundTo4(mean(mask.target))),
    )
  if ('mask_relative_gap' in goldenCase.expected) {
    const gap = relativeGap(blends, inputs.blend_threshold ?? 0.3)
    const expected = goldenCase.expected['mask_relative_gap'] as number
    check.within('mask_relative_gap', Math.abs(gap - expected), 0.06 * expected + 2e-4)
  }
  await controlled.session.release()
  return { plan, blends, maps }
}

const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length
const roundTo4 = (value: number) => Math.round(value * 1e4) / 1e4

/** How near the nearest place comes to the threshold. */
function relativeGap(
  blends: readonly { average: { source: Float32Array; target: Float32Array } }[],
  threshold: number,
): number {
  const gaps = blends.flatMap(({ average }) =>
    [average.source, average.target].flatMap((values) => {
      const largest = Math.max(...values)
      return Array.from(values, (value) => Math.abs(value / largest - threshold) / threshold)
    }),
  )
  return Math.min(...gaps)
}

/** The attention's calls and the sizes that blend, where the case lists them. */
function checkPlaces(
  goldenCase: GoldenCase,
  check: Checker,
  { denoiser: { config } }: StableDiffusion,
  latents: FloatTensor,
  limit: number,
  maps: ReturnType<typeof blendPlaces>,
): void {
  const calls = attentionPlaces(config).map((call) => {
    const { height, width } = mapSize(spatial(latents), call, config)
    const queries = height * width
    return { place: call.place, is_cross: call.isCross, queries, heads: call.heads, stored: queries <= limit }
  })
  if ('attention_calls' in goldenCase.expected) check.json('attention_calls', calls)
  if (!('blend_map_sizes' in goldenCase.expected)) return
  const sizes = new Map(maps.map(({ height, width }) => [height * width, [height, width]]))
  check.json(
    'blend_map_sizes',
    [...sizes].sort(([a], [b]) => b - a).map(([, size]) => size),
  )
}

/** What the reference measures beforehand: both branches' distance from the path after a guided step from it. */
async function noiseLoss(
  model: StableDiffusion,
  schedule: ReturnType<typeof inversionSchedules>['forward'],
  path: Path,
  shape: readonly number[],
  { negative, source, target }: Setup['rows'],
  guidanceScale: number,
): Promise<number[]> {
  const losses: number[] = []
  for (const [stepIndex, timestep] of schedule.timesteps.entries()) {
    const sample = path[path.length - 1 - stepIndex]!
    const aim = path[path.length - 2 - stepIndex]!
    const latents = float32(sample, shape)
    for (const branch of [source, target]) {
      const batch = { sample: stackBatch(latents, latents), timestep: perRow(timestep, 2) }
      const output = await model.denoiser.denoise({
        ...batch,
        ...stackConditioning([negative, branch]),
      } as DenoiserInputs)
      const step = { modelOutput: guide(output, guidanceScale), sample, stepIndex, history: emptyHistory }
      const next = schedule.step({ ...step, noise: () => new Float32Array() }).sample
      losses.push(...aim.map((value, i) => value - next[i]!))
    }
  }
  return losses
}

async function directInversion(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = inputsOf(goldenCase)
  const { model, size } = await open(goldenCase)
  const texts = [{ prompt: '' }, { prompt: inputs.prompt_src }, { prompt: inputs.prompt_tar }]
  const encoded = await model.encodeTexts(texts, { scheme: 'plain', width: size, height: size })
  const picture = centreCropSquare(pictureOf(goldenCase), size)
  check.tensor('image_cropped_u8', picture.data)
  await runEdit(goldenCase, check, model, {
    picture,
    scale: officialScale,
    schedule: officialSchedule,
    rows: rowsOf(encoded),
    isXl: false,
  })
  await close(model)
}

const rowsOf = (encoded: Awaited<ReturnType<StableDiffusion['encodeTexts']>>): Setup['rows'] => ({
  negative: encoded[0]!.conditioning,
  source: encoded[1]!.conditioning,
  target: encoded[2]!.conditioning,
})

async function longPrompt(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = inputsOf(goldenCase)
  const { model, size } = await open(goldenCase)
  const texts = [{ prompt: '' }, { prompt: inputs.prompt_src }, { prompt: inputs.prompt_tar }]
  const options = { scheme: 'weighted', width: size, height: size, maxChunks: inputs.max_embeddings_multiples } as const
  const rows = rowsOf(await model.encodeTexts(texts, options))
  const { plan } = await runEdit(goldenCase, check, model, {
    picture: pictureOf(goldenCase),
    scale: officialScale,
    schedule: model.schedulerConfig,
    rows,
    isXl: false,
  })
  const { negative, source, target } = rows
  const context = stackConditioning([negative, negative, source, target])['encoder_hidden_states']!
  const chunkTokens = model.tokenizer.modelMaxLength - 2
  const total = context.shape[1]!
  const words = [literalWords(model.tokenizer, inputs.prompt_src), literalWords(model.tokenizer, inputs.prompt_tar)]
  const places = rowsOfPlaces(total, chunkTokens)
  check.tensor('context', context.data, context.shape)
  if (inputs.is_replace_controller) check.tensor('replace_mapper', plan.map.share, [total, total])
  else {
    check.tensor('refine_mapper', mapperOf(plan.map))
    check.tensor('refine_alphas', plan.map.known)
  }
  if (inputs.eq_params) check.tensor('equalizer', plan.equalizer)
  check.json('chunks', total / (chunkTokens + 2))
  check.json(
    'tokens',
    words.map(({ pieces }) => pieces.length),
  )
  check.json(
    'word_rows',
    words.map((prompt, i) =>
      inputs.words![i]!.map((word) => [word, placesOfWord(prompt, word).map((place) => places[place])]),
    ),
  )
  await close(model)
}

async function xl(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = inputsOf(goldenCase)
  const { model } = await open(goldenCase)
  const picture = pictureOf(goldenCase)
  const { negative_prompt: negative } = inputs
  const texts = [
    negative === null || negative === undefined ? ('absent' as const) : { prompt: negative },
    { prompt: inputs.prompt_src },
    { prompt: inputs.prompt_tar },
  ]
  const rows = rowsOf(await model.encodeTexts(texts, { scheme: 'plain', width: picture.width, height: picture.height }))
  const scale = model.autoencoder.config.scaling_factor
  const schedule = { ...(model.schedulerConfig as object), prediction_type: 'epsilon' }
  const { blends, plan } = await runEdit(goldenCase, check, model, { picture, scale, schedule, rows, isXl: true })
  const pair = stackConditioning([rows.source, rows.target])
  check.tensor('prompt_embeds', pair['encoder_hidden_states']!.data, pair['encoder_hidden_states']!.shape)
  check.tensor('pooled_prompt_embeds', pair['text_embeds']!.data, pair['text_embeds']!.shape)
  check.tensor('negative_prompt_embeds', rows.negative.encoder_hidden_states.data)
  check.tensor('negative_pooled_prompt_embeds', rows.negative.text_embeds!.data)
  check.tensor('add_time_ids', rows.source.time_ids!.data, rows.source.time_ids!.shape)
  if (inputs.blend_word) {
    check.tensor(
      'blend_maps',
      blends.flatMap(({ average }) => [...average.source, ...average.target]),
    )
    const size = plan.map.size
    const columns = (row: number) =>
      [...plan.blendColumns!.subarray(row * size, (row + 1) * size)].flatMap((value, i) => (value === 1 ? [i] : []))
    check.json('blend_token_rows', [columns(0), columns(1)])
  }
  await close(model)
}

interface BlendInputs {
  readonly prompts: readonly [string, string]
  readonly words: readonly (readonly string[])[]
  readonly substruct_words: readonly (readonly string[])[] | null
  readonly num_ddim_steps: number
  readonly latent_size: number
}

function localBlend(goldenCase: GoldenCase, check: Checker): void {
  const inputs = goldenCase.inputs as unknown as BlendInputs
  const tokenizer = openTokenizer(goldenCase.model())
  const prompts = inputs.prompts.map((prompt) => literalWords(tokenizer, prompt))
  const columns = (words: readonly (readonly string[])[]) =>
    prompts.map((prompt, i) => {
      const row = new Float32Array(tokenizer.modelMaxLength)
      for (const word of words[i]!) for (const place of placesOfWord(prompt, word)) row[place] = 1
      return row
    })
  const x = goldenCase.float('input.x_t')
  const side = inputs.latent_size
  const average = (words: readonly (readonly string[])[], pool: boolean) => {
    const maps = ['down2', 'down3', 'up0', 'up1', 'up2'].map((name) =>
      wordMaps(goldenCase.float(`input.${name}`), columns(words)),
    )
    return blendMask(averageMaps(maps, { height: side, width: side, pool }), 0.3)
  }
  const mask = average(inputs.words, true)
  const left = inputs.substruct_words ? average(inputs.substruct_words, false) : undefined
  const half = x.data.length / 2
  const [source, target] = [x.data.subarray(0, half), x.data.subarray(half)]
  const allowed = left ? mask.target.map((value, i) => value * (1 - left.target[i]!)) : mask.target
  const masks = left ? [mask, left] : [mask]
  check.json('start_blend', Math.trunc(0.2 * inputs.num_ddim_steps))
  check.json(
    'mask_means',
    masks.map((one) => (mean(one.source) + mean(one.target)) / 2),
  )
  check.tensor(
    'masks',
    masks.flatMap((one) => [...one.source, ...one.target]),
  )
  check.tensor(
    'alpha_layers',
    columns(inputs.words).flatMap((row) => [...row]),
  )
  const before = Math.trunc(0.2 * inputs.num_ddim_steps) > 0
  const blended = [...source, ...blendLatents(source, target, allowed)]
  check.tensor('x_before_start', before ? x.data : blended)
  check.tensor('x_blended', blended)
}

/** Sums over the words' columns and mean over heads of [2 * heads, queries, tokens], the source's heads first. */
function wordMaps({ data, shape }: FloatTensor, columns: readonly Float32Array[]) {
  const [rows, queries, tokens] = shape as [number, number, number]
  const heads = rows / 2
  const branch = (which: number) =>
    Float32Array.from({ length: queries }, (_, query) => {
      let sum = 0
      for (let head = 0; head < heads; head++)
        for (let token = 0; token < tokens; token++)
          sum += data[((which * heads + head) * queries + query) * tokens + token]! * columns[which]![token]!
      return sum / heads
    })
  const side = Math.sqrt(queries)
  return { height: side, width: side, heads, source: branch(0), target: branch(1) }
}

export const promptToPromptKinds: Record<string, GoldenKind> = {
  p2p_align: align,
  p2p_attention: attention,
  p2p_local_blend: localBlend,
  p2p_ddim_inversion: ddimInversion,
  p2p_direct_inversion: directInversion,
  p2p_sdxl: xl,
  p2p_long_prompt: longPrompt,
}
