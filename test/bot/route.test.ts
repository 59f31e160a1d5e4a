import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/contract/errors.ts'
import type { CommandName } from '../../src/contract/incoming.ts'
import { parseCommandText, splitOptions } from '../../src/bot/command-text.ts'
import { drawingOptions, readOptions, type OptionValues } from '../../src/bot/options.ts'
import { route, type Route } from '../../src/bot/route.ts'
import { checkText, isBlank } from '../../src/bot/text-checks.ts'
import { wordings } from '../support/wordings.ts'

const options = { styles: ['logo', 'photo'], defaultWidth: 512, defaultHeight: 512, textLimit: 50 }
const context = { wordings, options, hasPicture: true, hasMask: false }
const picture = { name: 'a.png', source: { bytes: new Uint8Array(1) } }

const routeText = (text: string) => route({ text, attachments: [] }, context)
const command = (name: CommandName, text = '', values: OptionValues = {}) =>
  route({ text, attachments: [], command: { name, options: values } }, context)

function errorOf(action: () => unknown): AppError {
  try {
    action()
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

const plain = { settings: {} }

describe('what a message means', () => {
  it.each<[string, Route]>([
    ['  what is it? ', { kind: 'chat', text: 'what is it?', drawing: plain }],
    ['/imagine a fox', { kind: 'imagine', wish: 'a fox', drawing: plain }],
    [
      '/IMAGINE a fox --seed 7 --steps=20',
      { kind: 'imagine', wish: 'a fox', drawing: { seed: 7, settings: { steps: 20 } } },
    ],
    ['/imagine --raw a fox', { kind: 'imagine', wish: 'a fox', drawing: { settings: { raw: true } } }],
    ['/imagine --raw false a fox', { kind: 'imagine', wish: 'a fox', drawing: { settings: { raw: false } } }],
    ['/imagine a fox -- in the snow', { kind: 'imagine', wish: 'a fox -- in the snow', drawing: plain }],
    ['/describe', { kind: 'chat', text: 'Describe!', drawing: plain }],
    ['/describe what is it?', { kind: 'chat', text: 'what is it?', drawing: plain }],
    ['/similar --count 2', { kind: 'chat', text: 'Similar!', drawing: { settings: { count: 2 } } }],
    ['/settings', { kind: 'settings', scope: 'thread' }],
    ['/settings --steps 5', { kind: 'settings', scope: 'thread', change: { steps: 5 } }],
    ['/settings reset', { kind: 'settings', scope: 'thread', change: 'reset' }],
    ['/cancel', { kind: 'cancel' }],
    ['/undo', { kind: 'undo', steps: 1 }],
    ['/recipe', { kind: 'recipe' }],
    ['/help', { kind: 'help' }],
  ])('%j', (text, expected) => {
    expect(routeText(text)).toEqual(expected)
  })

  it('is words when no command follows the slash', () => {
    for (const text of ['/ is a slash', '/home/me is my folder'])
      expect(routeText(text)).toMatchObject({ kind: 'chat', text })
  })

  it('is a wish: talked about where there is no picture, asked anew where there is one', () => {
    const without = { ...context, hasPicture: false }
    expect(route({ text: 'draw a fox', attachments: [] }, without)).toEqual({
      kind: 'chat',
      text: 'draw a fox',
      drawing: plain,
    })
    expect(routeText('draw a fox')).toMatchObject({
      kind: 'imagine',
      wish: 'draw a fox',
      bare: true,
      routed: { chosen: 'imagine', others: ['edit', 'chat'] },
    })
  })

  it.each<[string, Partial<Route>]>([
    ['make the fox blue', { kind: 'edit' }],
    ['extend it to the right', { kind: 'outpaint' }],
    ['undo', { kind: 'undo' }],
    ['compare', { kind: 'compare' }],
    ['write a short story about a fox in 3 pictures', { kind: 'story', pages: 3 }],
    ['design a logo for a flower shop', { kind: 'design', design: 'logo' }],
    ['what colour is the fox?', { kind: 'chat' }],
  ])('is understood by its words: %s', (text, expected) => {
    expect(routeText(text)).toMatchObject(expected)
  })

  it('is inpainting when a mask comes with it, and chat with buttons where the rules are not sure', () => {
    const masked = { ...context, hasMask: true }
    expect(route({ text: 'a red hat', attachments: [] }, masked)).toMatchObject({ kind: 'inpaint', words: 'a red hat' })
    const unsure = routeText('the other one on the shelf') as { kind: string; routed?: { others: readonly string[] } }
    expect(unsure.kind).toBe('chat')
    expect(unsure.routed?.others).toContain('edit')
  })

  it('is a question about a picture that comes without words', () => {
    expect(route({ text: ' ', attachments: [picture] }, context)).toEqual({
      kind: 'chat',
      text: 'Describe!',
      drawing: plain,
    })
    expect(route({ text: 'who?', attachments: [picture] }, context)).toMatchObject({ kind: 'chat', text: 'who?' })
  })

  it('is what an explicit command says, whose own options come before those in the text', () => {
    expect(command('imagine', 'a fox --steps 3 --count 2', { steps: '4', seed: 0, negative: '' })).toEqual({
      kind: 'imagine',
      wish: 'a fox',
      drawing: { seed: 0, settings: { steps: 4, count: 2 } },
    })
    expect(command('undo')).toEqual({ kind: 'undo', steps: 1 })
  })

  it.each<[string, string, RegExp]>([
    ['', 'input/empty', /message is empty/],
    ['/imagine', 'input/empty', /no wish/],
    ['/imagine --seed 7', 'input/empty', /no wish/],
    ['/imagin a fox', 'input/unknown-option', /Did you mean \/imagine/],
    ['/imagine a fox --setps 3', 'input/unknown-option', /Did you mean "steps".*seed, steps/],
    ['/undo --steps 3', 'input/unknown-option', /takes no options/],
    ['/settings --seed 3', 'input/unknown-option', /steps, guidance/],
    ['/imagine a fox --steps', 'input/invalid-option', /from 1 to 150/],
  ])('is refused with advice: %j', (text, code, advice) => {
    const error = errorOf(() => routeText(text))
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint}`).toMatch(advice)
  })

  it('is refused when it needs a picture and there is none', () => {
    for (const text of ['/describe', '/similar'])
      expect(errorOf(() => route({ text, attachments: [] }, { ...context, hasPicture: false })).code).toBe(
        'input/not-found',
      )
  })
})

describe('options in a text', () => {
  it.each<[string, string, OptionValues]>([
    ['a fox', 'a fox', {}],
    ['a fox --negative blurry, ugly --seed 7', 'a fox', { negative: 'blurry, ugly', seed: '7' }],
    ['a fox --negative "blurry, ugly" in snow', 'a fox in snow', { negative: 'blurry, ugly' }],
    ["--style 'logo' a fox", 'a fox', { style: 'logo' }],
    ['--seed 7 a fox --raw', 'a fox', { seed: '7', raw: true }],
    ['a fox --raw=false', 'a fox', { raw: 'false' }],
    ['two\nlines --seed 7', 'two\nlines', { seed: '7' }],
    ['well--known', 'well--known', {}],
  ])('%j', (text, words, values) => {
    expect(splitOptions(text)).toEqual({ words, options: values })
  })

  it('belong to a command only', () => {
    expect(parseCommandText('a fox --seed 7')).toBeUndefined()
  })
})

describe('an option', () => {
  const read = (values: OptionValues) => readOptions(values, drawingOptions, options)

  it.each<[OptionValues, ReturnType<typeof read>]>([
    [{}, { settings: {} }],
    [{ seed: 4294967295 }, { seed: 4294967295, settings: {} }],
    [{ guidance: '7.5' }, { settings: { guidanceScale: 7.5 } }],
    [{ guidance: 0 }, { settings: { guidanceScale: 0 } }],
    [{ size: '512x768' }, { settings: { width: 512, height: 768 } }],
    [{ size: '64 × 2048' }, { settings: { width: 64, height: 2048 } }],
    [{ ratio: '1:1' }, { settings: { width: 512, height: 512 } }],
    [{ ratio: '16:9' }, { settings: { width: 704, height: 384 } }],
    [{ ratio: '1/4' }, { settings: { width: 256, height: 1024 } }],
    [{ sampler: 'Euler-A' }, { settings: { sampler: 'euler-a' } }],
    [{ sampler: 'DPM++ 2M Karras' }, { settings: { sampler: 'dpmpp-2m-karras' } }],
    [{ style: 'none' }, { settings: { style: 'none' } }],
    [{ raw: true, count: '4' }, { settings: { raw: true, count: 4 } }],
    [{ negative: ' blurry ' }, { settings: { negativePrompt: 'blurry' } }],
    [{ steps: '' }, { settings: {} }],
  ])('is read: %j', (values, expected) => {
    expect(read(values)).toEqual(expected)
  })

  it.each<[OptionValues, RegExp]>([
    [{ seed: -1 }, /from 0 to 4294967295/],
    [{ seed: 4294967296 }, /from 0 to 4294967295/],
    [{ seed: 1.5 }, /whole number/],
    [{ seed: '' + Number.NaN }, /whole number/],
    [{ seed: '0x10' }, /whole number/],
    [{ steps: 151 }, /from 1 to 150/],
    [{ steps: true }, /from 1 to 150/],
    [{ guidance: 'Infinity' }, /from 0 to 30/],
    [{ count: 5 }, /from 1 to 4/],
    [{ size: '512' }, /WIDTHxHEIGHT/],
    [{ size: '500x512' }, /multiple of 8/],
    [{ size: '99999x8' }, /64 to 2048/],
    [{ ratio: '1:0' }, /1:4 to 4:1/],
    [{ ratio: '5:1' }, /1:4 to 4:1/],
    [{ sampler: 'best' }, /ddim, ddpm, pndm/],
    [{ sampler: 'dpm++ 2n karras' }, /Did you mean "dpm\+\+ 2m karras"/],
    [{ style: 'toString' }, /none, logo, photo/],
    [{ raw: 'maybe' }, /true or false/],
    [{ negative: true }, /words/],
  ])('is refused with what is allowed: %j', (values, allowed) => {
    const error = errorOf(() => read(values))
    expect(error.code).toBe('input/invalid-option')
    expect(error.hint).toMatch(allowed)
  })

  it.each(['constructor', '__proto__', 'toString'])('that every object has is still unknown: %s', (name) => {
    expect(errorOf(() => read(Object.fromEntries([[name, 1]]))).code).toBe('input/unknown-option')
  })

  it('with a text is held to the limit of texts', () => {
    expect(errorOf(() => read({ negative: 'x'.repeat(51) })).code).toBe('input/too-long')
  })
})

describe('a text', () => {
  it.each(['a fox', 'tab\tand\nline\r\n', 'Füchse 狐 🦊 e\u0301', 'one \ufffd in many letters'])(
    'passes: %j',
    (text) => {
      expect(() => checkText(text, 50)).not.toThrow()
    },
  )

  it.each([
    ['\x00', 'input/not-text'],
    ['a\x1b[31mfox', 'input/not-text'],
    ['\x85', 'input/not-text'],
    ['half \ud83e', 'input/not-text'],
    ['\uffff', 'input/not-text'],
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0]).toString('utf8'), 'input/not-text'],
    ['x'.repeat(51), 'input/too-long'],
  ])('is refused: %j', (text, code) => {
    expect(errorOf(() => checkText(text, 50)).code).toBe(code)
  })

  it('that is too long is told the limit', () => {
    expect(errorOf(() => checkText('x'.repeat(51), 50)).message).toMatch(/51 characters; 50 are allowed/)
  })

  it('of white space and invisible characters is blank', () => {
    expect([' \n\t', '', '\u200b\u2060\ufeff', ' a '].map(isBlank)).toEqual([true, true, true, false])
  })
})
