import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { precisions, type Precision } from '../../src/contract/precision.ts'
import { embedPrompt, type ImageFeatures } from '../../src/families/decoder/prompt.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { partFolder } from '../../src/inference/model-presets.ts'
import { offerModels } from '../../src/inference/offered-models.ts'
import { chatTurns, fitPrompt } from '../../src/pipelines/chat-prompt.ts'
import { loadChat, type ChatModel } from '../../src/pipelines/chat.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { sha256OfFile } from '../../src/weights/file-hash.ts'
import { loadConfig } from '../../config/load.ts'
import { readEvalBytes, readEvalLines } from './pictures.ts'

export interface PictureQuestion {
  readonly image: string
  readonly question: string
  /** MMBench: the question with its choices. */
  readonly prompt?: string
}

/** The evaluation's questions about pictures; with `every`, only each n-th. */
export const pictureQuestions = (every = 1): PictureQuestion[] =>
  ['pope.jsonl', 'mmbench.jsonl', 'vqa.jsonl']
    .flatMap((file) => readEvalLines<PictureQuestion>(file))
    .filter((_, i) => i % every === 0)

/** What a precision changes, against fp32. */
export interface PrecisionLoss {
  readonly precision: Precision
  /** Share of the tokens of the greedy replies, place by place, that are fp32's. */
  readonly agreement: number
  readonly tokens: number
  /** Root of the mean squared difference of the logits at the places of fp32's replies, relative to the logits. */
  readonly logitError: number
  /** Perplexity of fp32's replies. */
  readonly perplexity: number
}

interface Prompt {
  readonly ids: readonly number[]
  readonly images: readonly ImageFeatures[]
}

/** Asks the embedded model the questions in each precision. The first of `wanted` is compared with, so begin with fp32. */
export async function precisionLosses(
  questions: readonly PictureQuestion[],
  wanted: readonly Precision[] = precisions.filter((name) => name !== 'auto'),
): Promise<PrecisionLoss[]> {
  const losses: PrecisionLoss[] = []
  const prompts: Prompt[] = []
  let reference: { replies: number[][]; logits: Float32Array[] } | undefined
  for (const precision of wanted) {
    const model = await openChat(precision)
    if (prompts.length === 0) for (const question of questions) prompts.push(await promptOf(model, question))
    const replies: number[][] = []
    for (const prompt of prompts) replies.push(await greedyReply(model, prompt))
    const spoken = reference?.replies ?? replies
    const logits: Float32Array[] = []
    for (const [i, prompt] of prompts.entries()) logits.push(await forcedLogits(model, prompt, spoken[i]!))
    reference ??= { replies, logits }
    losses.push({
      precision,
      ...agreementOf(replies, spoken),
      logitError: relativeError(logits, reference.logits),
      perplexity: perplexityOf(logits, spoken),
    })
    await model.languageModel.release()
  }
  return losses
}

const cacheDir = mkdtempSync(path.join(tmpdir(), 'llmga-precision-'))

/** The embedded model, or what LLMGA_MLLM names. */
async function openChat(precision: Precision): Promise<ChatModel> {
  const { config } = loadConfig()
  const [settings] = offerModels(config, config).mllm
  const runtime = await createRuntime({ device: 'cpu', cacheDir, hashOf: sha256OfFile })
  const folders = { checkpoint: settings!.folder, visionTower: partFolder(settings!, 'vision-tower') }
  return loadChat(folders, { ...settings!, precision }, runtime)
}

const limits = { maxBytes: 2 ** 24, maxPixels: 2 ** 24 }
const longestReply = 64

async function promptOf({ languageModel, settings }: ChatModel, asked: PictureQuestion): Promise<Prompt> {
  const image = readEvalBytes(`images/${asked.image}`)
  const text = asked.prompt ?? asked.question
  const { ids } = fitPrompt(chatTurns([{ role: 'user', text, image }], settings.template), {
    ...settings,
    tokenizer: languageModel.tokenizer,
    rowsPerImage: languageModel.vision!.rowsPerImage,
    contextLength: languageModel.decoder.config.contextLength,
    answerTokens: longestReply,
  })
  return {
    ids,
    images: [{ key: asked.image, rows: await languageModel.vision!.encode(await decodeImage(image, { limits })) }],
  }
}

const greedy = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1 }

/** Tokens of the reply, its end included. */
async function greedyReply({ languageModel }: ChatModel, prompt: Prompt): Promise<number[]> {
  const reply: number[] = []
  for await (const { id } of languageModel.generate({ ...prompt, sampling: greedy, maxNewTokens: longestReply }))
    reply.push(id)
  return reply
}

/** Logits [reply, vocabulary] before each token of a given reply. */
async function forcedLogits({ languageModel }: ChatModel, prompt: Prompt, reply: readonly number[]) {
  const { decoder } = languageModel
  const { embeds } = embedPrompt(decoder, [...prompt.ids, ...reply.slice(0, -1)], prompt.images)
  const first = embeds.length / decoder.config.width - reply.length
  const rows = reply.map((_, i) => first + i)
  return (await decoder.forward(embeds, decoder.createCache(), rows)).data
}

function agreementOf(replies: readonly number[][], spoken: readonly number[][]) {
  let same = 0
  let tokens = 0
  for (const [i, reply] of replies.entries()) {
    tokens += Math.max(reply.length, spoken[i]!.length)
    same += reply.filter((id, at) => id === spoken[i]![at]).length
  }
  return { agreement: same / tokens, tokens }
}

function relativeError(got: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let error = 0
  let size = 0
  for (const [i, logits] of expected.entries())
    for (let k = 0; k < logits.length; k++) {
      error += (got[i]![k]! - logits[k]!) ** 2
      size += logits[k]! ** 2
    }
  return Math.sqrt(error / size)
}

function perplexityOf(logits: readonly Float32Array[], replies: readonly number[][]): number {
  let surprise = 0
  let tokens = 0
  for (const [i, reply] of replies.entries()) {
    const vocabulary = logits[i]!.length / reply.length
    for (const [at, id] of reply.entries()) {
      const row = logits[i]!.subarray(at * vocabulary, (at + 1) * vocabulary)
      const largest = row.reduce((a, b) => Math.max(a, b))
      surprise += largest + Math.log(row.reduce((sum, x) => sum + Math.exp(x - largest), 0)) - row[id]!
      tokens++
    }
  }
  return Math.exp(surprise / tokens)
}
