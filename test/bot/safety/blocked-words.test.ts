import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseBlockedWords } from '../../../src/bot/safety/blocked-words.ts'

describe('a list of blocked words', () => {
  const blocked = parseBlockedWords(`
# a remark
grape           # and another
sour plum|bitter plum
melon*
red|blue + fox|wolf
西瓜
紅|蓝 + 狐狸
`)

  it.each([
    ['a word by itself', 'I want a grape!', 'grape'],
    ['another case and wide letters', 'ＧＲＡＰＥ juice', 'grape'],
    ['accents', 'grápe', 'grape'],
    ['an invisible character inside', 'gr\u200bape', 'grape'],
    ['digits for letters', 'gr4p3', 'grape'],
    ['signs for letters', 'm3l0n', 'melon*'],
    ['letters that look alike', 'grаpе', 'grape'], // Cyrillic а and е
    ['a word that is spelled out', 'a g r a p e please', 'grape'],
    ['a word spelled with points', 'g.r.a.p.e', 'grape'],
    ['a phrase across a line and signs', 'bitter,\nplum', 'sour plum|bitter plum'],
    ['a beginning', 'two melons', 'melon*'],
    ['one word of each group, in any order', 'a fox that is very red', 'red|blue + fox|wolf'],
    ['Chinese inside of other characters', '画一个大西瓜吧', '西瓜'],
    ['Chinese with spaces and signs between', '西 。瓜', '西瓜'],
    ['Chinese groups', '一只蓝色的小狐狸', '紅|蓝 + 狐狸'],
  ])('finds %s', (_, text, line) => expect(blocked(text)).toBe(line))

  it.each([
    ['a word inside of another', 'grapefruit'],
    ['one group of two', 'a red car'],
    ['the other group', 'a fox in the snow'],
    ['half of a phrase', 'a sour cherry'],
    ['nothing', ''],
    ['Chinese with other words', '一只红色的猫'],
  ])('does not find %s', (_, text) => expect(blocked(text)).toBeUndefined())

  it('blocks nothing when it is empty', () => {
    expect(parseBlockedWords('')('grape')).toBeUndefined()
    expect(parseBlockedWords('# only a remark\n\n')('grape')).toBeUndefined()
  })

  it('takes 100,000 characters in little time', () => {
    const begin = performance.now()
    blocked('a b c. '.repeat(15_000))
    expect(performance.now() - begin).toBeLessThan(3000)
  })
})

describe('the list that comes with the bot', () => {
  const blocked = parseBlockedWords(readFileSync('config/blocked-words.txt', 'utf8'))

  it.each([
    'a naked child',
    'nude schoolgirl',
    'n4ked k1ds',
    'child pornography',
    'lolicon',
    '裸体的小女孩',
    '未成年 色情',
    'undress her',
  ])('refuses "%s"', (text) => expect(blocked(text)).toBeDefined())

  it.each([
    'a red fox in the snow',
    'children playing football',
    'a nude study in the style of Rodin',
    'a baby with a red balloon',
    'a sextant and a compass for kids',
    'a pedometer',
    'essex countryside with children',
    '一个小女孩和她的猫',
    '孩子们在海边',
    'a young girl with a pearl earring',
  ])('lets "%s" pass', (text) => expect(blocked(text)).toBeUndefined())

  it('lets every utterance of the router pass', () => {
    const utterances = JSON.parse(readFileSync('test/bot/utterances.json', 'utf8')) as unknown
    const texts: string[] = []
    JSON.stringify(utterances, (_, value: unknown) => {
      if (typeof value === 'string') texts.push(value)
      return value
    })
    expect(texts.length).toBeGreaterThan(100)
    expect(texts.filter((text) => blocked(text) !== undefined)).toEqual([])
  })
})
