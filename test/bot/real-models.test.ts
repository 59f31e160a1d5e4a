import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { createBot, type BotWithAdapters } from '../../src/bot/bot.ts'
import { composeInference } from '../../src/compose.ts'
import type { Inference } from '../../src/contract/inference.ts'
import type { OutgoingMessage } from '../../src/contract/outgoing.ts'
import { createStores, type Stores } from '../../src/conversation/stores.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { about, ann, createRecordingAdapter, imagesOf, keyOf, partsOf, styles, until } from '../support/bot-harness.ts'
import { pixelsOf } from '../support/mask-png.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-real-'))
const log = pino({ level: 'silent' })
const limits = { maxBytes: 1 << 24, maxPixels: 1 << 24 }
const adapter = createRecordingAdapter()
let bot: BotWithAdapters
let stores: Stores
let inference: Inference

beforeAll(async () => {
  const { config } = loadConfig({ env: { LLMGA_DATA_DIR: folder } })
  const composed = composeInference(config, log)
  inference = composed.inference
  stores = await createStores({ memory: true })
  const { wordings } = composed.models.mllm[0]!
  const fitImage = () => Promise.reject(new Error('no picture leaves here'))
  const checkImage = async (bytes: Uint8Array) => {
    const { width, height, info } = await decodeImage(bytes, { limits })
    return { width, height, mediaType: `image/${info.format}` }
  }
  bot = createBot({ stores, inference, about, wordings, styles, log, checkImage, fitImage, defaults: { steps: 5 } })
  bot.attach(adapter)
  await bot.start()
}, 120_000)

afterAll(async () => {
  await bot.stop()
  await inference.stop()
  rmSync(folder, { recursive: true })
})

let events = 0
async function ask(text: string): Promise<OutgoingMessage> {
  const event = { key: keyOf('t'), author: ann, eventId: `e${++events}`, receivedAt: 1 }
  const accepted = await bot.handle({ type: 'message', ...event, text, attachments: [] })
  if (!('jobId' in accepted)) throw new Error('no job')
  await until(() => adapter.finals(accepted.jobId).length > 0, 120_000)
  return adapter.finals(accepted.jobId)[0]!
}

const pictureOf = async (message: OutgoingMessage) => {
  const bytes = await bot.readBlob(keyOf('t'), ann, imagesOf(message)[0]!.sha256)
  return pixelsOf(bytes!)
}

describe('a thread on the embedded models', () => {
  it('draws, edits by words, fills in, extends and answers, each from the picture before', async () => {
    const drawn = await ask('/imagine a red fox in the snow --seed 7')
    expect(partsOf(drawn, 'prompt')[0]!.text).toMatch(/red fox .*in the snow/)

    const edited = await ask('make it blue')
    expect(partsOf(edited, 'prompt')[0]!.text).toMatch(/blue fox .*in the snow/)
    const [change] = partsOf(edited, 'change')
    expect(change!.target!.filter(({ changed }) => changed).map(({ text }) => text)).toEqual(['blue'])
    const [red, blue] = [await pictureOf(drawn), await pictureOf(edited)]
    expect(blue.at(3, 125)).toEqual(red.at(3, 125)) // the ground is outside of the mask
    expect(blue.at(64, 70)).not.toEqual(red.at(64, 70))

    const filled = await ask('/inpaint a red balloon --boxes 70%,0,30%,60%')
    const after = await pictureOf(filled)
    expect(after.at(20, 64)).toEqual(blue.at(20, 64))

    const grown = await ask('extend it to the right')
    expect(imagesOf(grown)[0]).toMatchObject({ width: 192, height: 128 })
    expect((await pictureOf(grown)).at(20, 64)).toEqual(after.at(20, 64))
    expect(partsOf(grown, 'prompt')[0]!.text).toMatch(/in the snow/)

    const answer = await ask('What color is the fox?')
    expect(partsOf(answer, 'text')[0]!.text).toMatch(/blue/)
    const operations = Object.values((await stores.threads.get(keyOf('t')))!.images).map((image) => image.operation)
    expect(operations).toEqual(['text-to-image', 'edit', 'inpaint', 'outpaint'])
  }, 240_000)

  it('writes a story with three pictures into one file', async () => {
    const reply = await ask('write a short story about a fox in 3 pictures')
    expect(imagesOf(reply)).toHaveLength(3)
    expect(partsOf(reply, 'text')[0]!.text).toMatch(/^Once upon a time/)
    expect(partsOf(reply, 'file')[0]).toMatchObject({ mediaType: 'text/html' })
  }, 120_000)
})
