import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createSafetyChecker } from '../../../src/bot/safety/safety-checker.ts'
import { AppError } from '../../../src/contract/errors.ts'
import type { Inference } from '../../../src/contract/inference.ts'
import type { NsfwRule } from '../../../src/contract/policy.ts'
import type { OutgoingMessage } from '../../../src/contract/outgoing.ts'
import { createStores } from '../../../src/conversation/stores.ts'
import { en } from '../../../src/language/en.ts'
import { createHarness, imagesOf, partsOf, type Harness } from '../../support/bot-harness.ts'
import { createScriptedInference, type Script, type ScriptedInference } from '../../support/scripted-inference.ts'

interface Place {
  readonly nsfw: NsfwRule
  readonly checksImages?: boolean
  readonly script?: Script
  readonly blockedWords?: string
}

/** A bot in a place with a rule; its checker asks the same scripted models. */
async function place({ nsfw, checksImages = true, script = { flags: () => true }, blockedWords = '' }: Place) {
  const inference = { run: (...request: Parameters<Inference['run']>) => harness.inference.run(...request) }
  const safety = createSafetyChecker({ inference, checksImages, blockedWords })
  const harness: Harness = await createHarness({ script, policy: { nsfw }, safety })
  return harness
}

const kinds = ({ requests }: ScriptedInference) => requests.map(({ kind }) => kind)
const previewsOf = (messages: readonly OutgoingMessage[]) =>
  messages.flatMap((message) =>
    partsOf(message, 'progress').filter(({ progress }) => progress.phase === 'drawing' && progress.preview),
  )

describe('a drawn picture that is found not safe for work', () => {
  it('is not even looked at where the rule is off', async () => {
    const bot = await place({ nsfw: 'off' })
    const [image] = imagesOf(await bot.ask('/imagine a fox --raw'))
    expect(image!.sensitive).toBeUndefined()
    expect(kinds(bot.inference)).toEqual(['text-to-image'])
    expect(previewsOf(bot.adapter.messages).length).toBeGreaterThan(0)
  })

  it('is marked where the rule is to blur: in the reply, in the thread, and when the thread is read again', async () => {
    const bot = await place({ nsfw: 'blur' })
    const final = await bot.ask('/imagine a fox --raw')
    expect(imagesOf(final).map(({ sensitive }) => sensitive)).toEqual([true])
    expect(Object.values((await bot.thread()).images).map(({ sensitive }) => sensitive)).toEqual([true])
    const shown = bot.adapter.messages.flatMap(imagesOf)
    expect(shown.every(({ sensitive }) => sensitive)).toBe(true)
    expect(kinds(bot.inference)).toEqual(['text-to-image', 'screen'])
    expect(imagesOf(await bot.ask('/edit it is red --raw --source a fox')).every(({ sensitive }) => sensitive)).toBe(
      true,
    )
  })

  it('is neither shown nor kept where the rule is to block, and a notice says so', async () => {
    const bot = await place({ nsfw: 'block' })
    const final = await bot.ask('/imagine a fox --raw --count 2')
    expect(final.state).toBe('done')
    expect(bot.adapter.messages.flatMap(imagesOf)).toEqual([])
    expect(partsOf(final, 'notice').map(({ text }) => text)).toEqual([en.safety.withheld(2)])
    expect(Object.keys((await bot.thread()).images)).toEqual([])
  })

  it('is kept back alone: the others of the series are shown', async () => {
    let pictures = 0
    const bot = await place({ nsfw: 'block', script: { flags: () => ++pictures === 2 } })
    const final = await bot.ask('/imagine a fox --raw --count 3')
    expect(imagesOf(final)).toHaveLength(2)
    expect(partsOf(final, 'notice')[0]!.text).toBe(en.safety.withheld(1))
  })

  it.each<NsfwRule>(['blur', 'block'])('has no previews before it was looked at (%s)', async (nsfw) => {
    const bot = await place({ nsfw })
    await bot.ask('/imagine a fox --raw')
    await bot.ask('draw a fox')
    expect(previewsOf(bot.adapter.messages)).toEqual([])
  })

  it('ends in a book as pages without pictures', async () => {
    const reply = () => 'One. <gen_image> a fox </gen_image> Two. <gen_image> a car </gen_image>'
    let pictures = 0
    const bot = await place({ nsfw: 'block', script: { reply, flags: () => ++pictures === 1 } })
    const final = await bot.ask('/story a fox --pages 2')
    expect(final.state).toBe('done')
    expect(imagesOf(final)).toHaveLength(1)
    expect(partsOf(final, 'file')).toHaveLength(1)
  })
})

describe('a safety model that is missing or fails', () => {
  it('fails the job: what was not looked at is not shown', async () => {
    const broken = new AppError('weights/missing', { message: 'model.safetensors is missing' })
    const fail: Script['fail'] = ({ kind }) => (kind === 'screen' ? broken : undefined)
    const bot = await place({ nsfw: 'blur', script: { fail } })
    const final = await bot.ask('/imagine a fox --raw')
    expect(final.state).toBe('failed')
    expect(bot.adapter.messages.flatMap(imagesOf)).toEqual([])
  })

  it('draws nothing where the rule is to block, and says what is missing', async () => {
    const bot = await place({ nsfw: 'block', checksImages: false })
    const final = await bot.ask('/imagine a fox --raw')
    expect(final.state).toBe('failed')
    expect(partsOf(final, 'error')[0]!.sentence).toContain('LLMGA_SAFETY')
    expect(kinds(bot.inference)).toEqual([])
  })

  it('blurs nothing where the rule is to blur, which is the usual one', async () => {
    const bot = await place({ nsfw: 'blur', checksImages: false })
    expect(imagesOf(await bot.ask('/imagine a fox --raw'))[0]!.sensitive).toBeUndefined()
  })
})

describe('words that are not allowed', () => {
  const blockedWords = 'grape\nsour + plum\n西瓜'

  it.each(['draw a grape', '/imagine a gr4pe', 'a plum that is sour', '画一个大西瓜', '/story the grape --pages 2'])(
    'refuse "%s" before anything is stored',
    async (text) => {
      const bot = await place({ nsfw: 'off', blockedWords })
      await expect(bot.say(text)).rejects.toMatchObject({ code: 'access/denied' })
      expect(await bot.thread()).toBeUndefined()
      expect(await bot.stores.jobs.openIds()).toEqual([])
      expect(bot.inference.requests).toEqual([])
    },
  )

  it('are refused in an edited prompt, and may stand in what a picture is to be without', async () => {
    const bot = await place({ nsfw: 'off', blockedWords })
    await bot.ask('/imagine a bowl --raw --negative grape')
    const [turn] = Object.values((await bot.thread()).turns).filter(({ role }) => role === 'assistant')
    const edited = bot.press(`draw:${turn!.id}:0`, { prompt: 'a grape' })
    await expect(edited).rejects.toMatchObject({ code: 'access/denied' })
  })

  it('are refused when the language model puts them into a prompt: nothing is drawn', async () => {
    const reply = () => 'Look: <gen_image> a very sour plum </gen_image>'
    const bot = await place({ nsfw: 'off', blockedWords, script: { reply } })
    const final = await bot.ask('draw a fruit')
    expect(final.state).toBe('failed')
    expect(partsOf(final, 'error')[0]!.error).toMatchObject({ code: 'access/denied' })
    expect(kinds(bot.inference)).toEqual(['chat'])
  })

  it('are not put into the log', async () => {
    const lines: string[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
    const inference = createScriptedInference()
    const safety = createSafetyChecker({ inference, checksImages: false, blockedWords })
    const bot = await createHarness({ safety, log, stores: await createStores({ memory: true }) })
    await expect(bot.say('my secret grape wish')).rejects.toThrow()
    expect(lines.join()).toContain('"entry":"grape"')
    expect(lines.join()).not.toContain('secret')
  })
})
