import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/contract/errors.ts'
import type { AllowedValues } from '../../src/language/allowed-values.ts'
import { en } from '../../src/language/en.ts'
import { zh } from '../../src/language/zh.ts'

type Said = string | ((...values: never[]) => unknown)

/** Every sentence of a catalogue by its path. */
function sentencesOf(section: object, path: readonly string[] = []): readonly (readonly [string, Said])[] {
  return Object.entries(section).flatMap(([name, one]: [string, Said | object]) =>
    typeof one === 'object' ? sentencesOf(one, [...path, name]) : [[[...path, name].join('.'), one] as const],
  )
}

/**
 * Stands for any value: as text it is its own name in brackets, as a number 7, and so are its properties. So a sentence
 * shows which of its values it says, whatever form they have.
 */
function anyValue(name: string): never {
  const properties: Readonly<Record<PropertyKey, unknown>> = {
    [Symbol.toPrimitive]: (hint: string) => (hint === 'number' ? 7 : `⟦${name}⟧`),
    toString: () => `⟦${name}⟧`,
  }
  return new Proxy(properties, {
    get(target, key): unknown {
      if (Object.hasOwn(target, key)) return target[key]
      if (typeof key !== 'string') return undefined
      if (key === 'type') return 'yes-or-no' // of AllowedValues
      const ofText: unknown = Reflect.get(String.prototype, key)
      return typeof ofText === 'function' ? (ofText.bind(`⟦${name}⟧`) as unknown) : anyValue(`${name}.${key}`)
    },
  }) as never
}

const values = [anyValue('a'), anyValue('b'), anyValue('c'), anyValue('d')] as never[]

function said(sentence: Said): string {
  const text = typeof sentence === 'string' ? sentence : sentence(...values)
  return typeof text === 'string' ? text : Object.values(text as object).join('\n')
}

const valuesIn = (text: string) => new Set(text.match(/⟦[^⟧]*⟧/g))

/** Sentences of values and names alone. */
const wordless = new Set(['answers.recipe.model'])

/** Values that Chinese leaves out. */
const leftOut = new Set([
  'refusals.badMask', // why JSON was not a mask: English words of the schema
  'refusals.needsPicture', // where it is no command, an English word of the program
])

const chinese = new Map(sentencesOf(zh))
const all = sentencesOf(en).filter(([path]) => path !== 'errors.allowed')

describe('the Chinese catalogue', () => {
  it.each(all)('says %s in Chinese', (path, english) => {
    const text = said(chinese.get(path)!)
    expect(text).not.toMatch(/undefined|\[object/)
    if (wordless.has(path) || !/\p{L}{2}/u.test(said(english).replaceAll(/⟦[^⟧]*⟧/g, ''))) return
    expect(text).toMatch(/\p{Script=Han}/u)
  })

  it.each(all)('keeps the values of %s', (path, english) => {
    if (leftOut.has(path)) return
    expect(valuesIn(said(chinese.get(path)!))).toEqual(valuesIn(said(english)))
  })

  it.each([
    { type: 'number', min: 2, max: 9, whole: true },
    { type: 'number', min: 2, max: 9, whole: false },
    { type: 'size', min: 64, max: 2048 },
    { type: 'ratio', most: 4 },
    ...(['yes-or-no', 'avoided-words', 'source-words', 'amount', 'loras', 'weights'] as const).map((type) => ({
      type,
    })),
    ...(['mask', 'boxes', 'cells', 'scale', 'steps'] as const).map((type) => ({ type })),
  ] satisfies readonly AllowedValues[])('says what an option may be: %j', (allowed) => {
    const [english, other] = [en.errors.allowed(allowed), zh.errors.allowed(allowed)]
    expect(other).toMatch(/\p{Script=Han}|^1、2/u)
    const { type, ...figures } = allowed
    for (const figure of Object.values(figures).filter((one) => typeof one === 'number'))
      for (const text of [english, other]) expect(text, type).toContain(String(figure))
  })
})

describe('every catalogue', () => {
  it('has a sentence for every code of an error', () => {
    for (const catalogue of [en, zh]) expect(Object.keys(catalogue.errors.codes).sort()).toEqual([...errorCodes].sort())
  })
})
