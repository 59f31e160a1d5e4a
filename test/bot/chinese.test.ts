import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import type { Control, OutgoingMessage, Part } from '../../src/contract/outgoing.ts'
import { sentenceOf } from '../../src/language/error-sentence.ts'
import { actionsOf, imagesOf, partsOf } from '../support/bot-harness.ts'
import { attached, useHarness } from './use-harness.ts'

const { start } = useHarness()

/** A model that speaks Chinese too, so that what is English is the bot's own. */
const script = { reply: () => '好的：<gen_image> 雪地里的红狐狸 </gen_image>' }

const textsOf = ({ label, fields = [] }: Control): readonly string[] => [label, ...fields.map((field) => field.label)]

/** What a person is shown of a part, in words. */
function saidBy(part: Part): readonly string[] {
  switch (part.type) {
    case 'text':
    case 'prompt':
    case 'notice':
      return [part.text]
    case 'images':
      return part.images.map(({ alt }) => alt)
    case 'change':
      return [part.before, part.after, part.mask].flatMap((image) => (image ? [image.alt] : []))
    case 'error':
      return [part.sentence]
    case 'route':
      return [part.chosen, ...part.controls.flatMap(textsOf)]
    case 'controls':
      return part.controls.flatMap(textsOf)
    case 'file':
    case 'progress':
      return []
  }
}

const saidIn = ({ parts }: OutgoingMessage) => parts.flatMap(saidBy)

/** Commands, options and names of files, models and samplers are the same in every language. */
const names =
  /\/[a-z]+|--[a-z0-9-]+|\b(?:ddim|direct-inversion-p2p|thread|channel|person|script|sha256|zip|png|JPEG|WebP|PNG|JSON|NSFW|LLMGA|p2p|ledits|fox|logo|reset|x)\b|\d+x\d+/gi

function expectChinese(message: OutgoingMessage): void {
  const texts = saidIn(message)
  expect(texts.length).toBeGreaterThan(0)
  expect(texts.filter((text) => /[a-z]{2}/i.test(text.replaceAll(names, '')))).toEqual([])
}

const chinese = { locale: 'zh-CN' }

describe('a reply to somebody who speaks Chinese', () => {
  it('is Chinese while it is made and when it is done: drawn, edited, understood in words', async () => {
    const harness = await start({ script })
    const drawn = await harness.ask('画一只狐狸')
    expect(drawn).toMatchObject({ language: 'zh' })
    const edited = await harness.ask('把狐狸变成蓝色')
    expect(partsOf(edited, 'notice').map(({ text }) => text)).toEqual(['图片有 25% 发生了变化。'])
    expect(partsOf(edited, 'route')[0]).toMatchObject({ chosen: '编辑图片' })
    for (const message of harness.adapter.messages) expectChinese(message)
    expect(actionsOf(drawn).length).toBeGreaterThan(10)
  })

  it('asks for approval, takes a mask, restores and draws again, all in Chinese', async () => {
    const harness = await start({ script })
    await harness.ask('画一只狐狸')
    const proposed = await harness.ask('/edit 变成蓝色 --confirm')
    const applied = await harness.ended(await harness.press(`apply:${proposed.replyId}`, {}, chinese))
    const [{ imageId } = { imageId: '' }] = imagesOf(applied)
    const restored = await harness.ended(await harness.press(`restore:${imageId}:2`))
    expect(partsOf(restored, 'text')[0]!.text).toBe('这是放大 2 倍的图片：')
    for (const action of [`redo:${imageId}`, `branch:${imageId}`, `compare:${imageId}`, `recipe:${imageId}`])
      expectChinese(await harness.ended(await harness.press(action, {}, chinese)))
    for (const message of [proposed, applied, restored]) expectChinese(message)
    const said = Object.values((await harness.thread()).turns).flatMap(({ role, blocks }) =>
      role === 'user' ? blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])) : [],
    )
    expect(said).toContain('修复这张图片。')
  })

  it('is Chinese for help, settings, a picture book and a recipe', async () => {
    const harness = await start({ script })
    for (const text of ['/help', '/settings --steps 5 --raw', '/story 一只狐狸 --pages 3', '/recipe'])
      expectChinese(await harness.ask(text, chinese))
  })

  it('tells in Chinese what went wrong, the model’s failures as well as refusals', async () => {
    const fail = () => new AppError('inference/out-of-memory', { message: 'the GPU is full' })
    const harness = await start({ script: { ...script, fail } })
    expectChinese(await harness.ask('画一只狐狸'))
    const refused = await harness.say('/imagine 狐狸 --steps 0', chinese).catch((error: unknown) => error)
    expect(sentenceOf((refused as AppError).toJSON(), 'zh')).toBe('steps 不能是“0”。允许的值：1 到 150 之间的整数。')
    const unread = new AppError('image/unreadable', { message: 'the file is empty', hint: 'Send another one.' })
    expect(sentenceOf(unread.toJSON(), 'zh')).toMatch(/^这个文件不是可以读取的图片/)
  })

  it('shows the model the bot’s own sentences in the words that it was trained on', async () => {
    const harness = await start({ script })
    const reply = await harness.ask('/imagine 狐狸 --raw', attached())
    expect(partsOf(reply, 'text')[0]!.text).toBe('好的！图片如下：')
    await harness.ask('把狐狸变成蓝色')
    const asked = harness.inference.requests.flatMap((request) => (request.kind === 'chat' ? request.messages : []))
    expect(asked.some(({ text }) => text.startsWith('Sure! Here is the picture: <gen_image> 狐狸'))).toBe(true)
    expect(asked.some(({ text }) => text.includes('好的！图片如下'))).toBe(false)
  })
})
