import { describe, expect, it } from 'vitest'
import { checkDiscord } from '../../../adapters/discord/checks.ts'
import { commandBodies } from '../../../adapters/discord/command-bodies.ts'
import { registerCommands } from '../../../adapters/discord/register.ts'
import { AppError } from '../../../src/contract/errors.ts'
import { commandSpecs, optionShapes, type CommandSpec, type OptionShape } from '../../../src/contract/command-specs.ts'
import { commandNames } from '../../../src/contract/incoming.ts'
import { optionSpecs, type OptionContext } from '../../../src/bot/option-specs.ts'
import { readOptions } from '../../../src/bot/options.ts'
import { createDiscord } from '../../stand-ins/discord/discord.ts'

const context: OptionContext = {
  ...{ styles: ['ink'], defaultWidth: 128, defaultHeight: 128, textLimit: 4000 },
  models: { mllm: ['a'], t2i: ['a'], inpaint: ['a'] },
}

/** Options of the bot that chat platforms do not offer as such: a mask is a file there, what an admin does is said in words. */
const notOffered = ['mask', 'action', 'value', 'person']

describe('the list of commands', () => {
  it('has every command', () => {
    expect(Object.keys(commandSpecs).sort()).toEqual([...commandNames].sort())
  })

  it('has the options of the bot, with the values that it takes', () => {
    const known = Object.keys(optionShapes)
    const takes = (name: string, value: string | number | boolean) =>
      optionSpecs[name]?.read(value, context) !== undefined
    const samples = (shape: OptionShape): readonly (string | number | boolean)[] => {
      if (shape.type === 'number') return [shape.min, shape.max]
      if (shape.type === 'choice') return shape.choices
      return shape.type === 'switch' ? [true, false] : []
    }
    const refused = known.flatMap((name) =>
      samples(optionShapes[name]!).flatMap((value) => (takes(name, value) ? [] : [`${name}: ${String(value)}`])),
    )
    expect(refused).toEqual([])
    const beyond = known.filter((name) => {
      const shape = optionShapes[name]!
      return shape.type === 'number' && (takes(name, shape.min - 1) || takes(name, shape.max + 1))
    })
    expect(beyond).toEqual([])
    expect(Object.keys(optionSpecs).filter((name) => !notOffered.includes(name) && !known.includes(name))).toEqual([])
  })

  it('names no option that is not there', () => {
    const used = new Set(Object.values<CommandSpec>(commandSpecs).flatMap(({ options }) => options))
    expect([...used].filter((name) => !optionShapes[name])).toEqual([])
    expect(() => readOptions({ nonsense: 1 }, [...used], context)).toThrow(AppError)
  })

  it("keeps Discord's numbers: 25 options, 25 choices, 8000 characters a command, 100 commands", () => {
    const bodies = commandBodies()
    expect(bodies.length).toBeLessThanOrEqual(100)
    for (const body of bodies) {
      const options = body.options ?? []
      expect(options.length, body.name).toBeLessThanOrEqual(25)
      const names = options.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      const longest = (english: string, other: Readonly<Record<string, string | null>> | null | undefined) =>
        Math.max(english.length, ...Object.values(other ?? {}).map((text) => text?.length ?? 0))
      const size = options.reduce((sum, option) => {
        const choices = 'choices' in option ? (option.choices ?? []) : []
        expect(choices.length).toBeLessThanOrEqual(25)
        const values = choices.map(({ name, value }) => name.length + String(value).length)
        return (
          sum +
          option.name.length +
          longest(option.description, option.description_localizations) +
          values.reduce((a, b) => a + b, 0)
        )
      }, 0)
      expect(size, body.name).toBeLessThan(7000)
    }
  })

  it('has required options before the others, and both languages', () => {
    for (const body of commandBodies()) {
      const options = body.options ?? []
      const flags = options.map((option) => option.required === true)
      expect(flags).toEqual([...flags].sort((a, b) => Number(b) - Number(a)))
      expect(body.name_localizations?.['zh-CN']).toMatch(/\p{Script=Han}/u)
    }
  })
})

describe('registering commands', () => {
  it('tells Discord once, in every server that is named or everywhere, and the doctor sees it', async () => {
    const discord = await createDiscord()
    const guild = discord.addGuild('Home')
    const { token, apiUrl } = discord
    const check = () => checkDiscord({ token, apiUrl, messageContent: true, servers: [guild.id] })
    const commandsOf = async () => (await check()).find(({ name }) => name === 'Discord commands')
    try {
      expect(await commandsOf()).toMatchObject({ ok: false, fix: 'Run "llmga discord register".' })
      const count = commandBodies().length
      expect(await registerCommands({ token, apiUrl, servers: [guild.id] })).toEqual([
        { server: guild.id, changed: true, commands: count },
      ])
      expect(await commandsOf()).toMatchObject({ ok: true })
      expect(await registerCommands({ token, apiUrl })).toEqual([{ changed: true, commands: count }])
      expect(await registerCommands({ token, apiUrl })).toEqual([{ changed: false, commands: count }])
      expect((await check()).map(({ ok }) => ok)).toEqual([true, true, true, true])
    } finally {
      await discord.stop()
    }
  })

  it('is refused with what to do, for a token that is not good and a server that the bot is not in', async () => {
    const discord = await createDiscord({ messageContent: false })
    const { apiUrl, token } = discord
    try {
      const wrong = await checkDiscord({ token: 'wrong', apiUrl, messageContent: false, servers: [] })
      expect(wrong.map(({ ok }) => ok)).toEqual([false, 'skipped', 'skipped'])
      expect(wrong[0]!.fix).toContain('DISCORD_TOKEN')
      const [, intents, , server] = await checkDiscord({ token, apiUrl, messageContent: true, servers: ['123456'] })
      expect(intents).toMatchObject({ ok: false })
      expect(server).toMatchObject({ ok: false, fix: expect.stringContaining('Invite') as string })
    } finally {
      await discord.stop()
    }
  })
})
