import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { classify, needsPicture, rules } from '../../src/bot/route-words/classify.ts'
import { growthSides, parseGrowth } from '../../src/bot/route-words/growth.ts'
import type { Growth } from '../../src/contract/job.ts'
import type { Classified, RouteName, RouteSituation } from '../../src/bot/route-words/routes.ts'

type Context = 'nothing' | 'picture' | 'mask' | 'attachment'
type Utterance = readonly [half: 'rules' | 'held-out', context: Context, route: RouteName, text: string]

/** Labelled before the rules were written; the "held-out" half was not looked at while writing them. */
const groups = JSON.parse(readFileSync(new URL('utterances.json', import.meta.url), 'utf8')) as readonly {
  readonly language: 'en' | 'zh'
  readonly category: string
  readonly utterances: readonly Utterance[]
}[]
const utterances = groups.flatMap(({ language, utterances }) => utterances.map((one) => [language, ...one] as const))

const situation = (context: Context): RouteSituation => ({
  hasPicture: context !== 'nothing',
  hasMask: context === 'mask',
  hasAttachment: context === 'attachment',
})
const withPicture = situation('picture')
const without = situation('nothing')

function accuracy(chosen: typeof utterances): number {
  const right = chosen.filter(([, , context, route, text]) => classify(text, situation(context)).route === route)
  return right.length / chosen.length
}

describe('the labelled table', () => {
  it('is large enough, in both languages and halves, and names every route', () => {
    const count = (half: string, language: string) => utterances.filter(([l, h]) => h === half && l === language).length
    expect(count('held-out', 'en')).toBeGreaterThan(150)
    expect(count('held-out', 'zh')).toBeGreaterThan(80)
    expect(count('rules', 'en')).toBeGreaterThan(150)
    expect(new Set(utterances.map(([, , context, , text]) => `${context} ${text}`)).size).toBeGreaterThan(900)
    expect(new Set(utterances.map(([, , , route]) => route)).size).toBe(22)
  })

  it.each(['rules', 'held-out'] as const)('is routed right nineteen times in twenty: %s', (half) => {
    expect(accuracy(utterances.filter(([, h]) => h === half))).toBeGreaterThanOrEqual(0.95)
  })

  it.each(['en', 'zh'] as const)('is routed right nineteen times in twenty: %s', (language) => {
    expect(accuracy(utterances.filter(([l]) => l === language))).toBeGreaterThanOrEqual(0.95)
  })

  it('uses every rule', () => {
    const used = new Set(utterances.map(([, , context, , text]) => classify(text, situation(context)).rule))
    expect(rules.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([])
  })
})

describe('what is read out of the words', () => {
  it.each<[string, RouteName, object]>([
    ['Could you please make the fox Blue?', 'edit', { instruction: 'make the fox Blue' }],
    [
      'Nice! Now make the sky pink and add some birds, thanks',
      'edit',
      { instruction: 'make the sky pink and add some birds' },
    ],
    ['would you mind giving her a hat?', 'edit', { instruction: 'give her a hat' }],
    ['mkae it green', 'edit', { instruction: 'make it green' }],
    ['能把它变成蓝色吗？', 'edit', { instruction: '把它变成蓝色吗' }],
    ['stronger', 'edit', { instruction: '', strength: 1 }],
    ['a bit less', 'edit', { instruction: '', strength: -0.5 }],
    ['弱一点', 'edit', { instruction: '', strength: -0.5 }],
    ['now draw a dog on the beach', 'imagine', { wish: 'draw a dog on the beach' }],
    ['draw a fox in 16:9', 'imagine', { wish: 'draw a fox in 16:9', ratio: 16 / 9 }],
    ['generate two pictures of a fox', 'imagine', { wish: 'generate two pictures of a fox', count: 2 }],
    ['upscale it x4', 'restore', { scale: 4 }],
    ['放大两倍', 'restore', { scale: 2 }],
    ['make it sharper', 'restore', {}],
    ['give me 3 variations of this', 'variations', { count: 3 }],
    ['write a short story about a fox in 3 pictures', 'story', { topic: 'a fox', pages: 3 }],
    ['a picture book about a snail in 4 pages', 'story', { topic: 'a snail', pages: 4 }],
    ['写一个关于狐狸的故事，三张图', 'story', { topic: '狐狸', pages: 3 }],
    ['redraw page 2', 'story', { redrawPage: 2 }],
    ['第二页重画', 'story', { redrawPage: 2 }],
    ['design a logo for a flower shop', 'design', { kind: 'logo', brief: 'design a logo for a flower shop' }],
    ['can you design a t-shirt with a skull', 'design', { kind: 't-shirt' }],
    ['design a summer dress', 'design', { kind: 'fashion' }],
    ['go back two steps', 'undo', { steps: 2 }],
    ['undo', 'undo', { steps: 1 }],
    ['back to the original', 'undo', { steps: 'all' }],
    ['a second one, warmer', 'again', { change: 'warmer' }],
    ['try again', 'again', { change: '' }],
  ])('%s', (text, route, parsed) => {
    const found: Classified = classify(text, withPicture)
    expect(found.route).toBe(route)
    expect(found.parsed).toMatchObject(parsed)
  })

  it('is the whole message for a mask, except for a question about it', () => {
    expect(classify('a red hat', situation('mask'))).toMatchObject({
      route: 'inpaint',
      parsed: { instruction: 'a red hat' },
    })
    expect(classify('', situation('mask'))).toMatchObject({ route: 'inpaint', parsed: { instruction: '' }, sure: true })
    expect(classify('what is this?', situation('mask')).route).toBe('chat')
    expect(classify('undo', situation('mask')).route).toBe('undo')
  })

  it('keeps an edit an edit without a picture, so that it can be refused with a sentence', () => {
    const { route } = classify('make it blue', without)
    expect([route, needsPicture(route)]).toEqual(['edit', true])
  })

  it('admits that it guesses, and says what else it may be', () => {
    const { sure, others } = classify('a red hat with feathers', withPicture)
    expect(sure).toBe(false)
    expect(others).toContain('edit')
    expect(classify('asdf qwer', withPicture)).toMatchObject({
      route: 'chat',
      sure: false,
      others: ['edit', 'imagine'],
    })
  })
})

describe('growth', () => {
  it.each<[string, Growth]>([
    ['extend it to the right by half', { sides: { right: { share: 0.5 } } }],
    ['to the right', { sides: { right: { share: 0.5 } } }],
    ['extend by 200px to the left and 100px at the top', { sides: { left: { pixels: 200 }, top: { pixels: 100 } } }],
    ['left and right by a third', { sides: { left: { share: 1 / 3 }, right: { share: 1 / 3 } } }],
    [
      'on all sides by 25%',
      { sides: { left: { share: 0.25 }, top: { share: 0.25 }, right: { share: 0.25 }, bottom: { share: 0.25 } } },
    ],
    ['make it 16:9', { ratio: 16 / 9 }],
    ['make it square', { ratio: 1 }],
    ['wider', { sides: { left: { share: 0.25 }, right: { share: 0.25 } } }],
    ['make it twice as wide', { sides: { left: { share: 0.5 }, right: { share: 0.5 } } }],
    [
      'zoom out',
      { sides: { left: { share: 0.25 }, top: { share: 0.25 }, right: { share: 0.25 }, bottom: { share: 0.25 } } },
    ],
    ['往左边扩一半', { sides: { left: { share: 0.5 } } }],
    ['左边扩展200像素', { sides: { left: { pixels: 200 } } }],
    ['画面向两边延伸三分之一', { sides: { left: { share: 1 / 3 }, right: { share: 1 / 3 } } }],
    ['改成16:9', { ratio: 16 / 9 }],
  ])('is read: %s', (text, growth) => {
    expect(parseGrowth(text)).toEqual(growth)
  })

  it('becomes pixels at the sides', () => {
    const size = { width: 120, height: 100 }
    const none = { left: 0, top: 0, right: 0, bottom: 0 }
    expect(growthSides({ sides: { left: { share: 0.5 }, top: { pixels: 7 } } }, size)).toEqual({
      ...none,
      left: 60,
      top: 7,
    })
    expect(growthSides({ ratio: 2 }, size)).toEqual({ ...none, left: 40, right: 40 })
    expect(growthSides({ ratio: 1 }, size)).toEqual({ ...none, top: 10, bottom: 10 })
    expect(growthSides({ ratio: 1.2 }, size)).toEqual(none)
  })
})
