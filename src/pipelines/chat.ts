import { createHash, randomInt } from 'node:crypto'
import { AppError } from '../contract/errors.ts'
import type { ChatRequest, InferenceResult, SamplingOptions } from '../contract/inference.ts'
import type { Precision } from '../contract/precision.ts'
import type { DecoderConfig } from '../families/decoder/decoder-config.ts'
import type { GenerateRequest } from '../families/decoder/generate.ts'
import type { LanguageModel } from '../families/decoder/language-model.ts'
import type { ImageFeatures } from '../families/decoder/prompt.ts'
import { loadLlava } from '../families/llava/llava.ts'
import type { ImageMode } from '../families/llava/vision.ts'
import { decodeImage } from '../image/decode.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { conversationTemplates, type TemplateName } from '../tokenizers/conversation-templates.ts'
import { createGenImageParser, type GenImageEvent } from '../tokenizers/gen-image.ts'
import { createTextStream } from '../tokenizers/text-stream.ts'
import { createByteCache, type ByteCache } from './byte-cache.ts'
import { chatTurns, fitPrompt } from './chat-prompt.ts'
import type { PipelineContext, PipelineEvent } from './pipeline.ts'
import { createStopText } from './stop-text.ts'

/** What a preset says about a chat model. */
export interface ChatSettings {
  readonly template: TemplateName
  /** Replaces the template's own system text. */
  readonly systemText?: string | undefined
  /** How a picture becomes the vision tower's square. */
  readonly imageMode: ImageMode
  readonly sampling: ChatSampling
  /** Of the language model's weights; default fp32. */
  readonly precision?: Precision | undefined
}

/** Decoding settings where a request says nothing. */
export interface ChatSampling {
  readonly temperature: number
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly repetitionPenalty?: number | undefined
  readonly maxNewTokens: number
}

/** A loaded chat model. */
export interface ChatModel {
  readonly languageModel: LanguageModel
  readonly settings: ChatSettings
  /** Positions that one conversation may take: as many as the model knows, or as its memory has room for. */
  readonly contextLength: number
  /** Features of the last pictures, by the sha256 of their files. */
  readonly features: ByteCache<ImageFeatures>
}

/** Bytes that a chat model may keep for later requests; by default there is no limit. */
export interface ChatMemory {
  /** Keys and values of conversations that may go on. */
  readonly conversationBytes?: number
  /** Features of pictures that may be asked about again. */
  readonly featureBytes?: number
}

/** Loads a LLaVA checkpoint (or a Llama without vision) and, from `visionTower`, the CLIP checkpoint that it names. */
export async function loadChat(
  folders: { readonly checkpoint: string; readonly visionTower: string },
  settings: ChatSettings,
  runtime: Runtime,
  { conversationBytes, featureBytes = Infinity }: ChatMemory = {},
): Promise<ChatModel> {
  const { checkpoint, visionTower } = folders
  const { imageMode, precision } = settings
  const options = { visionTower, imageMode, keptBytes: conversationBytes, precision }
  const languageModel = await loadLlava(checkpoint, runtime, options)
  return {
    languageModel,
    settings,
    contextLength: contextWithin(languageModel.decoder.config, conversationBytes),
    features: createByteCache(featureBytes, ({ rows }) => rows.byteLength),
  }
}

/** A conversation has room for so many positions, whatever memory there is. */
const leastContext = 2048

/** Models of 128 000 positions exist; keys and values of as many would take the memory of many models. */
function contextWithin(config: DecoderConfig, bytes = Infinity): number {
  const positionBytes = 2 * 4 * config.layers * config.kvHeads * config.headDim
  return Math.min(config.contextLength, Math.max(leastContext, Math.floor(bytes / positionBytes)))
}

/** Answers the last message: words for the person and prompts between <gen_image> tags, as they are generated. */
export async function* chat(
  request: ChatRequest,
  model: ChatModel,
  context: PipelineContext,
): AsyncGenerator<PipelineEvent, InferenceResult> {
  const begin = performance.now()
  const { languageModel, settings, contextLength } = model
  const sampling = samplingOf(settings.sampling, request.sampling)
  const conversation = chatTurns(request.messages, settings.template)
  const { ids, length, leftOut } = fitPrompt(conversation, {
    ...settings,
    tokenizer: languageModel.tokenizer,
    rowsPerImage: languageModel.vision?.rowsPerImage ?? 0,
    contextLength,
    answerTokens: sampling.maxNewTokens,
  })
  const images = conversation.image ? [await imageFeatures(conversation.image, model, context)] : []
  const generateBegin = performance.now()
  const reply = yield* streamReply(model, { ids, images, turn: () => context.turn(), ...sampling })
  const { generated, firstTokenAt, lastTokenAt } = reply
  return {
    reply: reply.text.trim(),
    finished: reply.finished,
    tokens: { prompt: length, generated },
    ...(leftOut.turns === 0 ? {} : { leftOut: { turns: leftOut.turns, newly: leftOut.turns > leftOut.before } }),
    timings: {
      prefillMs: firstTokenAt - generateBegin,
      firstTokenMs: firstTokenAt - begin,
      ...(generated > 1 ? { tokensPerSecond: ((generated - 1) * 1000) / (lastTokenAt - firstTokenAt) } : {}),
      totalMs: performance.now() - begin,
    },
  }
}

/** The request's settings over the preset's, as the decoder takes them. */
function samplingOf(defaults: ChatSampling, asked: SamplingOptions = {}) {
  const { temperature, topP = 1, topK = 0, repetitionPenalty = 1, maxNewTokens } = { ...defaults, ...asked }
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new AppError('input/invalid-option', {
      message: `max new tokens ${maxNewTokens} is not allowed`,
      hint: 'Give a whole number from 1.',
    })
  const seed = asked.seed ?? randomInt(2 ** 32)
  return { sampling: { temperature, topP, topK, repetitionPenalty }, seed, maxNewTokens }
}

/** Far above what the bot lets in: a picture that comes here was judged when it was sent. */
const limits = { maxBytes: 2 ** 28, maxPixels: 2 ** 28 }

/** The rows of a picture for the decoder; those of recent pictures are kept. */
async function imageFeatures(
  image: Uint8Array,
  { languageModel, features }: ChatModel,
  context: PipelineContext,
): Promise<ImageFeatures> {
  if (!languageModel.vision)
    throw new AppError('model/unsupported', {
      message: 'this chat model has no eyes: its checkpoint names no vision tower',
      hint: 'Choose a LLaVA or LLMGA checkpoint ("llmga models list").',
    })
  const key = createHash('sha256').update(image).digest('hex')
  const known = features.get(key)
  if (known) return known
  const picture = await decodeImage(image, { limits })
  await context.turn()
  const made = { key, rows: await languageModel.vision.encode(picture) }
  features.set(key, made)
  return made
}

interface Reply {
  readonly text: string
  readonly finished: boolean
  readonly generated: number
  readonly firstTokenAt: number
  readonly lastTokenAt: number
}

/** Generates the reply and takes it apart as it comes. */
async function* streamReply(
  { languageModel, settings }: ChatModel,
  request: GenerateRequest,
): AsyncGenerator<PipelineEvent, Reply> {
  const { tokenizer } = languageModel
  const { stop } = conversationTemplates[settings.template]
  const stopIds = [tokenizer.eosTokenId, tokenizer.tokenId(stop)].filter((id) => id !== undefined)
  const stream = createTextStream(tokenizer)
  const stopText = createStopText(stop)
  const parser = createGenImageParser()
  const times: number[] = []
  let text = ''
  let finished = false
  for await (const { id, isEnd } of languageModel.generate({ ...request, stopIds })) {
    finished = isEnd
    if (isEnd) break
    times.push(performance.now())
    const piece = stopText.push(stream.push(id))
    text += piece
    yield* parser.push(piece).flatMap(toEvents)
    finished = stopText.stopped
    if (finished) break
  }
  const rest = stopText.push(stream.end()) + stopText.end()
  yield* [...parser.push(rest), ...parser.end()].flatMap(toEvents)
  const [firstTokenAt = performance.now()] = times
  return {
    text: text + rest,
    finished,
    generated: times.length,
    firstTokenAt,
    lastTokenAt: times.at(-1) ?? firstTokenAt,
  }
}

function toEvents(event: GenImageEvent): PipelineEvent[] {
  switch (event.type) {
    case 'text':
      return [event]
    case 'prompt-open':
      return []
    case 'prompt':
      return [{ ...event, type: 'prompt-text' }]
    case 'prompt-close':
      return [{ ...event, type: 'prompt' }]
  }
}
