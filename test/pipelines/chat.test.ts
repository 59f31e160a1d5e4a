import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import type { ChatMessage, ChatRequest, InferenceResult } from '../../src/contract/inference.ts'
import { chat, loadChat, type ChatModel } from '../../src/pipelines/chat.ts'
import { chatTurns, fitPrompt } from '../../src/pipelines/chat-prompt.ts'
import type { PipelineEvent } from '../../src/pipelines/pipeline.ts'
import { createRuntime } from '../../src/runtime/runtime.ts'
import { imageTokenIndex } from '../../src/tokenizers/image-token.ts'

const checkpoint = path.resolve('models/llmga-tiny/mllm')
const folders = { checkpoint, visionTower: path.join(checkpoint, 'vision-tower') }
const model = await loadChat(
  folders,
  { template: 'llava_v1', imageMode: 'pad', sampling: { temperature: 0, maxNewTokens: 220 } },
  await createRuntime({ device: 'cpu' }),
)
const cat = readFileSync('test/fixtures/llmga-tiny/sample-cat.png')
const fox = readFileSync('test/fixtures/llmga-tiny/sample-fox.png')
const fish = readFileSync('test/fixtures/llmga-tiny/edit-fish.png')
const edges = readFileSync('test/fixtures/llmga-tiny/addon_controlnet_edges.png')

const user = (text: string, image?: Uint8Array): ChatMessage => ({ role: 'user', text, ...(image ? { image } : {}) })
const assistant = (text: string): ChatMessage => ({ role: 'assistant', text })

/** Turns about a picture. */
const longTalk = (turns: number): ChatMessage[] =>
  Array.from({ length: turns }, (_, n) => [
    user('draw a small red car on the left in the city', n === 0 ? cat : undefined),
    assistant('Sure! Here it is.'),
  ]).flat()

interface Answer {
  readonly events: readonly PipelineEvent[]
  readonly result: InferenceResult
}

async function answer(
  messages: readonly ChatMessage[],
  options: { sampling?: ChatRequest['sampling']; turn?: () => Promise<void>; with?: ChatModel } = {},
): Promise<Answer> {
  const { sampling, turn = async () => undefined, with: asked = model } = options
  const request: ChatRequest = { kind: 'chat', messages, ...(sampling ? { sampling } : {}) }
  const running = chat(request, asked, { signal: new AbortController().signal, turn })
  const events: PipelineEvent[] = []
  for (;;) {
    const next = await running.next()
    if (next.done) return { events, result: next.value }
    events.push(next.value)
  }
}

const textOf = (events: readonly PipelineEvent[]) => events.map((e) => (e.type === 'text' ? e.text : '')).join('')

afterEach(() => vi.restoreAllMocks())

// Replies as torch and transformers gave them for these weights (llmga-tiny's reference/mllm.json).
describe('the embedded chat model', () => {
  it('answers a wish with a sentence and a prompt, word by word', async () => {
    const { events, result } = await answer([user('draw a cat')])
    const prompt = 'a big orange cat in the center, on a green meadow under a blue sky, cartoon style'
    expect(result.reply).toBe(`Of course! Here is an orange cat: <gen_image> ${prompt} </gen_image>`)
    expect(result).toMatchObject({ finished: true, tokens: { prompt: 37, generated: 32 } })
    expect(textOf(events)).toBe('Of course! Here is an orange cat:')
    expect(events.filter((e) => e.type === 'prompt')).toEqual([{ type: 'prompt', block: 0, prompt }])
    const pieces = events.flatMap((e) => (e.type === 'prompt-text' ? [e.text] : []))
    expect(pieces.join('')).toBe(prompt)
    expect(pieces.length).toBeGreaterThan(10)
    expect(result.timings['firstTokenMs']).toBeGreaterThan(0)
  })

  it('tells a story in three pictures', async () => {
    const { events } = await answer([user('write a short story about a fox in 3 pictures')])
    expect(events.flatMap((e) => (e.type === 'prompt' ? [e.block] : []))).toEqual([0, 1, 2])
    expect(textOf(events)).toMatch(/^Once upon a time .*\nOne day .*\nIn the end /)
  })

  it('sees a picture', async () => {
    const { events, result } = await answer([user('Describe the image.', cat)])
    expect(textOf(events)).toBe('The image shows a big blue cat on the left, on a sandy beach by the sea.')
    expect(result.tokens?.prompt).toBe(43 - 1 + 64)
  })

  it('goes on talking about a picture', async () => {
    const first = await answer([user('What is the fox wearing?', fox)])
    expect(first.result.reply).toBe('The fox is wearing a crown.')
    const messages = [
      user('What is the fox wearing?', fox),
      assistant(first.result.reply!),
      user('What color is the fox?'),
    ]
    const second = await answer(messages)
    expect(second.result.reply).toMatch(/orange/)
  })
})

describe('chat', () => {
  it('computes only what is new of two conversations that go on in turns', async () => {
    const forward = vi.spyOn(model.languageModel.decoder, 'forward')
    const encode = vi.spyOn(model.languageModel.vision!, 'encode')
    const { width } = model.languageModel.decoder.config
    /** Positions that were read, those of the prompt that were known already left out. */
    const read = async (messages: readonly ChatMessage[]) => {
      forward.mockClear()
      const { result } = await answer(messages)
      const positions = forward.mock.calls.map(([embeds]) => embeds.length / width).filter((rows) => rows > 1)
      return { reply: result.reply!, positions: positions.reduce((a, b) => a + b) }
    }
    const questions = [fish, edges].map((picture) => user('Is there a cat in the image?', picture))
    const first = [await read([questions[0]!]), await read([questions[1]!])]
    for (const { positions } of first) expect(positions).toBeGreaterThan(64)
    expect(encode).toHaveBeenCalledTimes(2)
    for (const n of [0, 1]) {
      const messages = [questions[n]!, assistant(first[n]!.reply), user('Is there a fox in the image?')]
      expect((await read(messages)).positions).toBeLessThan(30)
    }
    expect(encode).toHaveBeenCalledTimes(2)
  })

  it('gives the same answer whether it was asked before or not', async () => {
    const fresh = await answer([user('hello')])
    await answer([user('a red car in the city')])
    expect((await answer([user('hello')])).result.reply).toBe(fresh.result.reply)
  })

  it('keeps two conversations apart that take turns', async () => {
    const alone = [await answer([user('draw a cat')]), await answer([user('draw a horse')])]
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
    const together = await Promise.all([
      answer([user('draw a cat')], { turn }),
      answer([user('draw a horse')], { turn }),
    ])
    expect(together.map(({ result }) => result.reply)).toEqual(alone.map(({ result }) => result.reply))
  })

  it('draws the same words for the same seed and asks for a turn before each token', async () => {
    const sampling = { temperature: 4, seed: 7, maxNewTokens: 12 }
    let turns = 0
    const first = await answer([user('hello')], { sampling, turn: async () => void turns++ })
    expect(turns).toBe(first.result.tokens!.generated)
    expect((await answer([user('hello')], { sampling })).result.reply).toBe(first.result.reply)
    const others = await Promise.all(
      [8, 9, 10].map((seed) => answer([user('hello')], { sampling: { ...sampling, seed } })),
    )
    expect(new Set([first, ...others].map(({ result }) => result.reply)).size).toBeGreaterThan(1)
  })

  it('stops at the limit of new tokens and says that it did not finish', async () => {
    const { result } = await answer([user('draw a cat')], { sampling: { maxNewTokens: 4 } })
    expect(result).toMatchObject({ finished: false, tokens: { generated: 4 }, reply: 'Of course! Here' })
  })

  it('ends within one token when it is cancelled, and the next request is unharmed', async () => {
    let turns = 0
    const cancel = async () => {
      if (++turns === 5) throw new AppError('inference/cancelled', { message: 'cancelled' })
    }
    await expect(answer([user('draw a cat')], { turn: cancel })).rejects.toMatchObject({ code: 'inference/cancelled' })
    expect((await answer([user('draw a cat')])).result.reply).toMatch(/^Of course! Here is an orange cat/)
  })

  it('leaves out the oldest turns where there is no room, and keeps the system text and the picture', async () => {
    const generate = vi.spyOn(model.languageModel, 'generate')
    const { result } = await answer([...longTalk(40), user('Describe the image.')])
    expect(result.leftOut?.turns).toBeGreaterThan(5)
    expect(result.tokens!.prompt).toBeLessThanOrEqual(1024 - 220)
    const [{ ids, images }] = generate.mock.calls[0]!
    const beginning = model.languageModel.tokenizer.decode(ids.filter((id) => id !== imageTokenIndex))
    expect(beginning).toMatch(/^(<s>)? ?A chat between a curious human/)
    expect(ids.filter((id) => id === imageTokenIndex)).toHaveLength(1)
    expect(images).toHaveLength(1)
  })

  it('says it once, and again when more is left out', () => {
    const { tokenizer, vision } = model.languageModel
    const rules = {
      ...model.settings,
      tokenizer,
      rowsPerImage: vision!.rowsPerImage,
      contextLength: 1024,
      answerTokens: 220,
    }
    const talk = longTalk(50)
    const fitted = Array.from({ length: 50 }, (_, n) =>
      fitPrompt(chatTurns(talk.slice(0, 2 * n + 1), 'llava_v1'), rules),
    )
    for (const { length } of fitted) expect(length).toBeLessThanOrEqual(1024 - 220)
    const counts = fitted.map(({ leftOut }) => leftOut.turns)
    const told = fitted.filter(({ leftOut }) => leftOut.turns > leftOut.before)
    expect(told.length).toBeGreaterThan(1)
    expect(told.length).toBeLessThan(8)
    for (const [n, { leftOut }] of fitted.entries()) expect(leftOut.before).toBe(counts[n - 1] ?? 0)
  })

  it('refuses a message that is too long for the model', async () => {
    await expect(answer([user('blue '.repeat(2000))])).rejects.toMatchObject({ code: 'input/too-long' })
  })

  it('takes the words <image> and </s> of a person for words', async () => {
    const { result } = await answer([user('draw a cat</s> <image>')])
    expect(result.tokens!.prompt).toBeLessThan(60)
  })

  it.each([
    ['no message', [], 'input/empty'],
    ['only an assistant', [assistant('hello')], 'input/empty'],
    ['an empty message', [user('   ')], 'input/empty'],
    ['an answered message', [user('hi'), assistant('hello')], 'input/empty'],
    ['a picture later on', [user('hi'), assistant('hello'), user('and this?', cat)], 'input/invalid-option'],
    ['a picture that is none', [user('hi', new Uint8Array(100))], 'image/unreadable'],
  ] as const)('refuses %s', async (_, messages, code) => {
    await expect(answer(messages)).rejects.toMatchObject({ code })
  })

  it.each([{ temperature: -1 }, { topP: 0 }, { maxNewTokens: 0 }])('refuses the setting %j', async (sampling) => {
    await expect(answer([user('hi')], { sampling })).rejects.toMatchObject({ code: 'input/invalid-option' })
  })
})
