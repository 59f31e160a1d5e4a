import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fill, sequence } from '../../../src/families/decoder/generate.ts'
import { embedPrompt } from '../../../src/families/decoder/prompt.ts'
import { processLogits, softmax, type SamplingSettings } from '../../../src/families/decoder/sampling.ts'
import { loadLlava } from '../../../src/families/llava/llava.ts'
import type { ImageMode } from '../../../src/families/llava/vision.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { imageToken, imageTokenIndex, tokenizeWithImages } from '../../../src/tokenizers/image-token.ts'
import { readJson } from '../../../src/weights/config-file.ts'
import { readDecoderConfig } from '../../../src/families/decoder/decoder-config.ts'
import { loadDecoder, type Decoder } from '../../../src/families/decoder/decoder.ts'
import { goldenRuntime } from '../golden-runtime.ts'
import { loadTokenizer } from '../../../src/tokenizers/load-tokenizer.ts'
import { openWeightFolder } from '../../../src/weights/weights.ts'
import type { GoldenCase } from '../case.ts'
import type { Checker } from '../check.ts'
import type { GoldenKind } from '../runner.ts'

/** The golden kinds of language models, sampling and LLaVA. */
export const languageModelKinds: Record<string, GoldenKind> = {
  causal_lm: causalLm,
  llava,
  llava_hf: llavaHf,
  logits_warp: logitsWarp,
}

async function causalLm(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const folder = goldenCase.model()
  const tokenizer = loadTokenizer(folder)
  const decoder = await loadDecoder(openWeightFolder(folder, 'model'), readDecoderConfig(folder), await goldenRuntime())
  const { prompts, max_new_tokens: steps } = goldenCase.inputs as { prompts: string[]; max_new_tokens: number }
  check.json(
    'ids',
    prompts.map((prompt) => tokenizer.encode(prompt)),
  )
  const greedy: number[][] = []
  for (const i of prompts.keys()) {
    const ids = Array.from(goldenCase.tensor(`input.input_ids.${i}`).data, Number)
    const embeds = decoder.embed(ids)
    const all = await decoder.forward(embeds, decoder.createCache(), [...ids.keys()])
    check.tensor(`logits.${i}`, all.data, all.shape)
    const cache = decoder.createCache()
    await decoder.forward(decoder.embed(ids.slice(0, -1)), cache)
    check.tensor(`last_logits_cached.${i}`, (await decoder.forward(decoder.embed(ids.slice(-1)), cache)).data)
    const { logits, chosen } = await decodeGreedily(decoder, embeds, steps)
    check.tensor(`step_logits.${i}`, logits, [steps, decoder.config.vocabSize])
    greedy.push(chosen)
  }
  check.json('greedy_ids', greedy)
  check.json(
    'greedy_text',
    greedy.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: true })),
  )
}

/** The logits before each of `steps` greedy tokens, and the tokens. */
async function decodeGreedily(decoder: Decoder, embeds: Float32Array, steps: number) {
  const cache = decoder.createCache()
  const logits: Float32Array[] = []
  const chosen: number[] = []
  for (let step = 0; step < steps; step++) {
    const next = await fill(decoder, cache, sequence(embeds, chosen, decoder))
    logits.push(next)
    chosen.push(next.indexOf(next.reduce((a, b) => Math.max(a, b))))
  }
  return { logits: logits.flatMap((row) => [...row]), chosen }
}

/** LLaVA in the original layout, from the picture's file to the greedy ids. */
async function llava(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = goldenCase.inputs as Record<string, string> & { max_new_tokens: number }
  const folder = goldenCase.model()
  const { mm_vision_tower: tower } = readJson(path.join(folder, 'config.json')) as { mm_vision_tower: string }
  const visionTower = path.resolve(goldenCase.dir, inputs['models_root']!, tower)
  const imageMode = (inputs['preprocess_mode'] === 'llmga_stretch' ? 'stretch' : inputs['preprocess_mode']) as ImageMode
  const model = await loadLlava(folder, await goldenRuntime(), { visionTower, imageMode })
  const { tokenizer, vision, decoder } = model
  if (!vision) return check.fail('image_features', 'the checkpoint has no vision')

  const idsOf = (name: string) => tokenizeWithImages(tokenizer, inputs[name]!)
  const ids = idsOf('prompt')
  check.json('input_ids', ids)
  check.json('two_turn_input_ids', idsOf('two_turn_prompt'))
  check.json('text_only_input_ids', idsOf('text_only_prompt'))

  const pixels = vision.preprocess(await pictureOf(goldenCase, inputs['image']!))
  const given = goldenCase.float('input.pixel_values')
  // One 8-bit level after normalisation is at most 0.0149: the goldens' own allowance for a picture's pixels.
  check.values('pixel_values', pixels.data, given, pixels.shape, { abs: 0.016, rel: 0 })
  const { features, projected } = await vision.encodePixels(given)
  check.tensor('image_features', features.data, features.shape)
  check.tensor('projected', projected.data, projected.shape)
  check.json('num_image_tokens', vision.rowsPerImage)

  const images = [{ key: 'picture', rows: projected.data }]
  const { embeds, keys } = embedPrompt(decoder, ids, images)
  check.json('inputs_embeds_length', keys.length)
  check.tensor('inputs_embeds', embeds, [1, keys.length, decoder.config.width])
  check.tensor('last_logits', (await decoder.forward(embeds, decoder.createCache())).data)
  const textOnly = decoder.embed(idsOf('text_only_prompt'))
  check.tensor('text_only_last_logits', (await decoder.forward(textOnly, decoder.createCache())).data)
  const { logits, chosen } = await decodeGreedily(decoder, embeds, inputs.max_new_tokens)
  check.tensor('step_logits', logits, [inputs.max_new_tokens, decoder.config.vocabSize])
  check.json('greedy_ids', chosen)
  check.json('greedy_text', tokenizer.decode(chosen, { skipSpecialTokens: true }))

  const generated: number[] = []
  const request = { ids, images, sampling: { temperature: 0 }, maxNewTokens: inputs.max_new_tokens }
  for await (const { id } of model.generate(request)) generated.push(id)
  check.json('greedy_ids (generate)', generated, goldenCase.expected['greedy_ids'])
}

/** LLaVA in transformers' layout, from the picture's file to the greedy ids. */
async function llavaHf(goldenCase: GoldenCase, check: Checker): Promise<void> {
  const inputs = goldenCase.inputs as Record<string, string> & { max_new_tokens: number }
  const imageMode = inputs['preprocess_mode'] as ImageMode
  const model = await loadLlava(goldenCase.model(), await goldenRuntime(), { visionTower: '', imageMode })
  const { tokenizer, vision, decoder } = model
  if (!vision) return check.fail('logits', 'the checkpoint has no vision')

  const given = goldenCase.float('input.pixel_values')
  const pixels = vision.preprocess(await pictureOf(goldenCase, inputs['image']!))
  check.values('pixel_values', pixels.data, given, pixels.shape, { abs: 0.016, rel: 0 })
  const ids = tokenizeWithImages(tokenizer, inputs['prompt']!)
  const imageId = tokenizer.tokenId(imageToken)!
  check.json(
    'ids_before_expansion',
    ids.map((id) => (id === imageTokenIndex ? imageId : id)),
  )
  const { projected } = await vision.encodePixels(given)
  const images = [{ key: 'picture', rows: projected.data }]
  const { embeds, keys } = embedPrompt(decoder, ids, images)
  check.json(
    'input_ids',
    keys.map((key) => (typeof key === 'number' ? key : imageId)),
  )
  const all = await decoder.forward(embeds, decoder.createCache(), [...keys.keys()])
  check.tensor('logits', all.data, all.shape)
  const { logits, chosen } = await decodeGreedily(decoder, embeds, inputs.max_new_tokens)
  check.tensor('step_logits', logits, [inputs.max_new_tokens, decoder.config.vocabSize])
  check.json('greedy_ids', chosen)
  check.json('greedy_text', tokenizer.decode(chosen, { skipSpecialTokens: true }))
}

function pictureOf(goldenCase: GoldenCase, file: string) {
  const limits = { maxBytes: 2 ** 26, maxPixels: 2 ** 26 }
  return decodeImage(readFileSync(goldenCase.resolve(file)), { limits, orient: false })
}

/** One vector of logits under many settings. */
function logitsWarp(goldenCase: GoldenCase, check: Checker): void {
  const logits = goldenCase.float('input.logits').data
  const previous = Array.from(goldenCase.tensor('input.previous_ids').data, Number)
  const sets = goldenCase.inputs['sets'] as Record<string, number>[]
  const kept = sets.map((set, i) => {
    const processed = processLogits(logits, previous, samplingOf(set))
    check.tensor(`processed.${i}`, processed)
    check.tensor(`probs.${i}`, softmax(processed))
    return processed.filter((value) => value !== -Infinity).length
  })
  check.json('kept', kept)
}

function samplingOf(set: Record<string, number>): SamplingSettings {
  const names = { temperature: 'temperature', top_k: 'topK', top_p: 'topP', repetition_penalty: 'repetitionPenalty' }
  return Object.fromEntries(Object.entries(set).map(([key, value]) => [names[key as keyof typeof names], value]))
}
