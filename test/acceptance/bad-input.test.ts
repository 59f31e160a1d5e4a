import { readFileSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WireError, WireThread } from '../../adapters/web/wire.ts'
import { animated, asApng, encoder, gradient, pngHeaderOnly } from '../image/pictures.ts'
import { ask, expectClear, messageTo } from './conversation.ts'
import { makePlace, runCommand, startProgram, startServer, type Server } from './program.ts'
import { readThread } from './visit.ts'

const place = makePlace('bad-input')
const cat = readFileSync(new URL('../fixtures/llmga-tiny/sample-cat.png', import.meta.url))
const question = 'What color is the cat?'
const threadId = 'written-before'

let server: Server
let thread: WireThread

beforeAll(async () => {
  server = await startServer(place, { LLMGA_LOG_LEVEL: 'error' })
  await ask(server.url, threadId, question, { name: 'cat.png', bytes: cat })
  thread = await readThread(server.url, threadId)
}, 120_000)
afterAll(async () => {
  server.signalAll('SIGKILL')
  await server.exit
  place.remove()
})

/** The one server still serves, and what was written before is still there. */
async function expectNothingLost(): Promise<void> {
  expect(await readThread(server.url, threadId)).toEqual(thread)
}

async function expectRefused(response: Response, status: number, what: RegExp): Promise<void> {
  const { error } = (await response.json()) as WireError
  expect(error.message).toMatch(what)
  expect(response.status).toBe(status)
  expectClear(error.message)
  expectClear(error.hint)
  await expectNothingLost()
}

const post = (path: string, body: BodyInit): Promise<Response> =>
  fetch(server.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })

describe('words that cannot be used', () => {
  const json = (value: unknown) => JSON.stringify(value)
  const wish = (options: object) => json({ text: 'a fox', command: { name: 'imagine', options } })
  const binary = Buffer.concat([Buffer.from('{"text":"'), Buffer.alloc(40, 0xfe), Buffer.from('"}')])
  it.each<[what: string, body: BodyInit, status: number, sentence: RegExp]>([
    ['nothing', json({ text: '' }), 400, /message is empty/],
    ['white space', json({ text: ' \n\t\u200b' }), 400, /message is empty/],
    ['100,000 characters', json({ text: 'fox '.repeat(25_000) }), 413, /100000 characters; 8000 are allowed/],
    ['a million characters', json({ text: 'x'.repeat(1_000_000) }), 413, /larger than 256 KiB/],
    ['control characters', json({ text: '\u0000\u0001\u0002' }), 400, /not look like text.* U\+0000/],
    ['bytes that are no text', binary, 400, /not look like text/],
    ['what is no JSON', 'a red fox', 400, /not JSON/],
    ['an unknown field', json({ text: 'a fox', steps: 3 }), 400, /steps/],
    ['an unknown option', wish({ stepz: 3 }), 400, /no option "stepz"/],
    ['an unknown option in the text', json({ text: '/imagine a fox --stepz 3' }), 400, /no option "stepz"/],
    ['an unknown command', json({ text: '/imagne a fox' }), 400, /no command "\/imagne"/],
    ['no steps', wish({ steps: 0 }), 400, /Steps cannot be "0"/],
    ['half a step', wish({ steps: 1.5 }), 400, /Steps cannot be "1.5"/],
    ['a seed below 0', wish({ seed: -1 }), 400, /Seed cannot be "-1"/],
    ['five pictures', wish({ count: 5 }), 400, /Count cannot be "5"/],
    ['a size that is no multiple of 8', wish({ size: '100x100' }), 400, /Size cannot be "100x100"/],
    ['a huge size', wish({ size: '50000x50000' }), 400, /Size cannot be "50000x50000"/],
    ['an unknown sampler', wish({ sampler: 'magic' }), 400, /Sampler cannot be "magic"/],
    ['an unknown style', wish({ style: 'magic' }), 400, /Style cannot be "magic"/],
    ['a picture that is not there', json({ text: 'x', replyToImageId: 'none' }), 404, /not there any more/],
  ])('%s', async (_what, body, status, sentence) => {
    await expectRefused(await post(`/api/threads/${threadId}/messages`, body), status, sentence)
  })
})

describe('pictures that cannot be used', () => {
  const picture = encoder(gradient(24, 16))
  const cut = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(bytes.length * share))
  type Make = () => Uint8Array | Promise<Uint8Array>
  it.each<[what: string, file: string, bytes: Make, status: number, sentence: RegExp]>([
    ['0 bytes', 'a.png', () => new Uint8Array(), 422, /"a\.png" is empty \(0 bytes\)/],
    ['a PNG cut off', 'a.png', () => cut(cat, 0.5), 422, /png file cannot be decoded/],
    ['a JPEG cut off', 'a.jpg', async () => cut(await picture.jpeg().toBuffer(), 0.8), 422, /jpeg file/],
    ['a text named .png', 'a.png', () => Buffer.from('draw a red fox'), 422, /not a picture/],
    ['an SVG drawing', 'a.svg', () => Buffer.from('<svg width="9" height="9"/>'), 415, /SVG/],
    ['an animated GIF', 'a.gif', () => animated('gif', 3), 415, /gif picture is animated \(3 frames\)/],
    ['an animated WebP', 'a.webp', () => animated('webp', 2), 415, /webp picture is animated \(2 frames\)/],
    ['an animated PNG', 'a.png', () => asApng(cat, 4), 415, /png picture is animated \(4 frames\)/],
    ['50,000 x 50,000 pixels', 'a.png', () => pngHeaderOnly(50_000, 50_000), 413, /50000 x 50000/],
    ['more than 20 MiB', 'a.png', () => new Uint8Array((20 << 20) + 1), 413, /larger than 20 MiB/],
  ])('%s', async (_what, name, make, status, sentence) => {
    const response = await messageTo(server.url, threadId, question, { name, bytes: await make() })
    await expectRefused(response, status, sentence)
  })
})

describe('pictures of every other kind are looked at', { timeout: 60_000 }, () => {
  const veil = Buffer.from(gradient(128, 128).data.filter((_, i) => i % 3 === 0))
  const veiled = () =>
    sharp(cat)
      .removeAlpha()
      .joinChannel(veil, { raw: { width: 128, height: 128, channels: 1 } })
  it.each<[what: string, file: string, bytes: () => Promise<Uint8Array>, answer: RegExp]>([
    ['a PNG named .jpg', 'cat.jpg', async () => cat, /\bblue\b/],
    ['a CMYK JPEG', 'cat.jpg', () => sharp(cat).toColourspace('cmyk').jpeg().toBuffer(), /\bblue\b/],
    ['16 bits', 'cat.png', () => sharp(cat).toColourspace('rgb16').png().toBuffer(), /\bblue\b/],
    [
      'turned by EXIF',
      'cat.jpg',
      () => sharp(cat).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer(),
      /blue/,
    ],
    ['with transparency', 'cat.png', () => veiled().png().toBuffer(), /\bblue\b/],
    ['1 x 1 pixels', 'dot.png', () => encoder(gradient(1, 1)).png().toBuffer(), /\w/],
  ])('%s', async (what, name, make, answer) => {
    const bytes = await make()
    const reply = await ask(server.url, what.replace(/\W+/g, '-'), question, { name, bytes })
    expect(reply).toMatchObject({ state: 'done', text: expect.stringMatching(answer) as string, errors: [] })
  })
})

describe('what is not there', () => {
  const requests: [what: string, method: string, path: string, body: object | undefined, sentence: RegExp][] = [
    ['a thread', 'GET', '/api/threads/none', undefined, /no such thread/],
    ['a thread to be renamed', 'PATCH', '/api/threads/none', { title: 'x' }, /no such thread/],
    ['a thread to be deleted', 'DELETE', '/api/threads/none', undefined, /no such thread/],
    ['the stream of a thread', 'GET', '/api/threads/none/events', undefined, /no such thread/],
    ['an action of a thread', 'POST', '/api/threads/none/actions', { actionId: 'redo:x' }, /no such thread/],
    ['an action', 'POST', `/api/threads/${threadId}/actions`, { actionId: 'explode:x' }, /no action "explode:x"/],
    [
      'a picture of an action',
      'POST',
      `/api/threads/${threadId}/actions`,
      { actionId: 'redo:x' },
      /not there any more/,
    ],
    ['a job to be cancelled', 'POST', `/api/threads/${threadId}/actions`, { actionId: 'cancel:x' }, /ended already/],
    ['a picture', 'GET', `/api/threads/${threadId}/blobs/${'0'.repeat(64)}`, undefined, /no such picture/],
    ['a route', 'GET', '/api/foxes', undefined, /no GET \/api\/foxes/],
  ]
  it.each(requests)('%s', async (_what, method, path, body, sentence) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    await expectRefused(response, 404, sentence)
  })
})

describe('programs that cannot do what they are asked', { timeout: 60_000 }, () => {
  const other = makePlace('bad-start')
  afterAll(() => other.remove())

  it('say it in one sentence, with nothing on stdout and an exit code', async () => {
    const text = other.at('text.png')
    writeFileSync(text, 'draw a red fox')
    const start = async (variables: Record<string, string>) => {
      const program = startProgram('src/main.ts', [], { LLMGA_DATA_DIR: other.at('data'), ...variables })
      return { code: await program.exit, stdout: program.stdout(), stderr: program.stderr() }
    }
    const { port } = new URL(server.url)
    const [taken, wrong, refused, unread] = await Promise.all([
      start({ LLMGA_HTTP_PORT: port }),
      start({ LLMGA_HTTP_PORT: '70000' }),
      runCommand(other, ['imagine', 'a fox', '--steps', '0', '--out', other.at('fox.png')]),
      runCommand(other, ['ask', text, 'what', 'is', 'this?']),
    ])
    const said: [Awaited<ReturnType<typeof start>>, number, RegExp][] = [
      [taken, 8, new RegExp(`Port ${port} on 127.0.0.1 is in use.* LLMGA_HTTP_PORT`)],
      [wrong, 2, /LLMGA_HTTP_PORT .* is "70000"; allowed: a whole number from 0 to 65535/],
      [refused, 2, /Steps cannot be "0"\. Allowed: a whole number from 1 to 150\./],
      [unread, 3, /not a picture\. Send a PNG/],
    ]
    for (const [result, code, sentence] of said) {
      expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(sentence) as string })
      expectClear(result.stderr.trimEnd())
    }
    await expectNothingLost()
  })
})
