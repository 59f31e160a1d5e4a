import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { chatLoop } from '../../../adapters/terminal/chat-loop.ts'
import { showHistory } from '../../../adapters/terminal/history.ts'
import { createHumanView } from '../../../adapters/terminal/human-view.ts'
import { createTalk } from '../../../adapters/terminal/talk.ts'
import { createTerminalAdapter } from '../../../adapters/terminal/terminal-adapter.ts'
import { createBot } from '../../../src/bot/bot.ts'
import { pictureSaver } from '../../../src/cli/pictures.ts'
import { createStores } from '../../../src/conversation/stores.ts'
import { inspectImage } from '../../../src/image/inspect.ts'
import { createScriptedInference, type Script } from '../../support/scripted-inference.ts'
import { wordings } from '../../support/wordings.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-talk-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The real bot and terminal around scripted models. */
async function terminal(script: Script = {}) {
  let words = ''
  let status = ''
  const inference = createScriptedInference(script)
  const bot = createBot({
    stores: await createStores({ memory: true }),
    inference,
    about: {
      version: '0',
      models: {},
      examples: [],
      samplers: ['ddim'],
      styles: [],
      defaults: { steps: 3, guidanceScale: 5, width: 64, height: 64, sampler: 'ddim' },
    },
    wordings: { ...wordings, refine: 'Draw {wish}', similar: 'Similar.', describe: 'Describe.' },
    styles: {},
    log: pino({ level: 'silent' }),
    fitImage: () => Promise.reject(new Error('no picture leaves here')),
    checkImage: async (bytes) => {
      const { width, height, format } = inspectImage(bytes)
      return { width, height, mediaType: `image/${format}` }
    },
  })
  const out = { write: (text: string) => (words += text) }
  const view = createHumanView({ words: out, files: out, status: { write: (text) => (status += text) } })
  const adapter = createTerminalAdapter({
    person: { id: 'ann', name: 'Ann' },
    thread: 'main',
    view,
    fileLimitBytes: 1 << 20,
    savePicture: await pictureSaver(`${folder}/`),
  })
  bot.attach(adapter)
  await adapter.start(bot)
  await bot.start()
  return { bot, adapter, inference, talk: createTalk(adapter, view), words: () => words, status: () => status }
}

describe('a talk in the terminal', () => {
  it('shows sentence, prompt and picture of a wish, each once', async () => {
    const { talk, words, status } = await terminal()
    await talk.line('a fox')
    const [sentence, prompt, file, ...rest] = words().trim().split('\n')
    expect([sentence, prompt]).toEqual(['Sure! Here it is:', '> detailed a fox'])
    expect(inspectImage(readFileSync(file!)).format).toBe('png')
    expect(rest).toEqual([])
    expect(status()).toContain('thinking')
    expect(status()).toContain('step 3/3')
  })

  it('tells a story in order', async () => {
    const reply = () => 'Once. <gen_image> one </gen_image> Then. <gen_image> two </gen_image> The end.'
    const { talk, words } = await terminal({ reply })
    await talk.line('a story')
    const lines = words().trim().split('\n')
    expect(lines.map((line) => line.replace(/^\/.*/, 'file')).filter((line) => line !== 'file')).toEqual([
      'Once.',
      '> one',
      'Then.',
      '> two',
      'The end.',
    ])
    const saved = lines.filter((line) => line.startsWith('/'))
    expect(saved.map((file) => path.extname(file))).toEqual(['.png', '.png', '.html'])
  })

  it('takes a picture along and answers about it', async () => {
    const { talk, words, inference } = await terminal({ reply: ({ messages }) => `You asked: ${messages[0]!.text}` })
    await talk.line('a fox')
    await talk.line(`/image ${words().trim().split('\n').at(-1)!}`)
    await talk.line(`/image ${path.join(folder, 'none.png')}`)
    await talk.line('what is it?')
    expect(words()).toContain('You asked: a fox')
    const asked = inference.requests.at(-1)
    expect(asked?.kind).toBe('chat')
  })

  it('uses a control by its number', async () => {
    const { talk, adapter, words, inference } = await terminal()
    const final = await adapter.say({ text: '/imagine a fox --seed 5' })
    const labels = final!.parts.flatMap((part) => (part.type === 'controls' ? part.controls.map((c) => c.label) : []))
    const before = words().split('\n').length
    await talk.line(`/${labels.indexOf('Redo with a new seed') + 1}`)
    expect(words().split('\n').length).toBeGreaterThan(before)
    expect(inference.requests.filter(({ kind }) => kind === 'text-to-image')).toHaveLength(2)
    await talk.line('/99')
  })

  it('cancels what runs at Ctrl-C, and leaves at the next one', async () => {
    const { talk, status } = await terminal({ stepMs: 50, steps: 100 })
    const reply = talk.line('a fox')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await talk.interrupt()).toBeUndefined()
    await reply
    expect(status().match(/cancelled/gi)).toHaveLength(1)
    expect(await talk.interrupt()).toBe('quit')
  })

  it('reads lines from a pipe, one reply after the other, and shows the thread again', async () => {
    const { bot, adapter, talk, words } = await terminal({ reply: ({ messages }) => `echo ${messages.at(-1)!.text}` })
    const output = new Writable({ write: (_chunk, _encoding, done) => done() })
    const input = Readable.from(['one\ntwo\n/quit\nthree\n'])
    await chatLoop(talk, { input, output, leaveNow: () => undefined })
    expect(words()).toBe('echo one\necho two\n')
    const past = await bot.readThread(adapter.key, adapter.person)
    expect(showHistory(past!, 4)).toEqual(['you: one', 'echo one', 'you: two', 'echo two'])
    expect(showHistory(past!, 1)).toEqual(['echo two'])
  })

  it('says what is refused and goes on', async () => {
    const { talk, words, status } = await terminal({ reply: () => 'fine' })
    for (const line of ['/nonsense', '/imagine', '/imagine a fox --steps many', '/5', '/image nowhere.png'])
      await talk.line(line)
    expect(status().trim().split('\n')).toHaveLength(5)
    await talk.line('hello')
    expect(words()).toBe('fine\n')
  })
})
