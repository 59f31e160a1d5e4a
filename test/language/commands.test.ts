import { describe, expect, it } from 'vitest'
import { optionSpecs } from '../../src/bot/option-specs.ts'
import { commandNames } from '../../src/contract/incoming.ts'
import { languages } from '../../src/contract/language.ts'
import { sentencesIn } from '../../src/language/sentences.ts'

/** Discord's rule for names of commands, of which there is also no upper case. */
const commandName = /^[-_'\p{L}\p{N}]{1,32}$/u

describe.each(languages)('commands in %s', (language) => {
  const { names, about, words, options, menus } = sentencesIn(language).commands

  it('names and describes every command of the bot', () => {
    expect(Object.keys(names)).toEqual(expect.arrayContaining([...commandNames]))
    expect(Object.keys(about)).toEqual(Object.keys(names))
    expect(Object.keys(names)).toEqual(expect.arrayContaining(Object.keys(words)))
  })

  it('describes every option of the bot', () => {
    expect(Object.keys(options)).toEqual(expect.arrayContaining(Object.keys(optionSpecs)))
  })

  it('has names that Discord takes, each once', () => {
    const all = Object.values(names)
    for (const name of all) expect(name).toMatch(commandName)
    expect(all.map((name) => name.toLowerCase())).toEqual(all)
    expect(new Set(all).size).toBe(all.length)
  })

  it('has descriptions that Discord takes', () => {
    for (const text of [about, words, options].flatMap((section) => Object.values(section))) {
      expect(text.length, text).toBeGreaterThan(0)
      expect(text.length, text).toBeLessThanOrEqual(100)
    }
    for (const name of Object.values(menus)) expect(name.length, name).toBeLessThanOrEqual(32)
  })
})
