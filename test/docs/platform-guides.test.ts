import { readFileSync } from 'node:fs'
import { PermissionFlagsBits } from 'discord.js'
import { describe, expect, it, vi } from 'vitest'
import { botScopes, appScope } from '../../adapters/slack/scopes.ts'
import { knownSettings } from '../../config/load.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import { createProgram, runProgram } from '../../src/cli/program.ts'

const read = (file: string) => readFileSync(file, 'utf8')
const guides = ['docs/discord.md', 'docs/slack.md', 'docs/operations.md', 'docs/reliability.md']
const program = createProgram('test')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

/** Words of a command line that name a command: those before the first option, argument or upper-case word. */
function unknownCommand(line: string): string | undefined {
  let at = program
  for (const word of line.split(/\s+/)) {
    if (!/^[a-z]+$/.test(word)) {
      const known = ['--help', ...at.options.flatMap(({ long }) => long ?? [])]
      return /^--[a-z]/.test(word) && !known.includes(word.split('=')[0]!) ? word : undefined
    }
    const next = at.commands.find((command) => command.name() === word)
    if (!next) return at.registeredArguments.length > 0 ? undefined : word
    at = next
  }
  return undefined
}

describe.each(guides)('%s', (file) => {
  const text = read(file)

  it('names only settings that exist', () => {
    const named = new Set(text.match(/\b(?:LLMGA|DISCORD|SLACK)_[A-Z_]+\b/g) ?? [])
    const known = new Set(knownSettings().map(({ variable }) => variable))
    expect([...named].filter((name) => !known.has(name))).toEqual([])
  })

  it('names only commands and scripts that exist', () => {
    const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, said]) => said!)
    const lines = code.flatMap((said) => /(?:^|-- |^)(?:npm run --silent )?llmga (?:-- )?([a-z-].*)$/.exec(said)?.[1] ?? [])
    expect(lines.map(unknownCommand).filter((word) => word !== undefined)).toEqual([])
    const used = code.flatMap((said) => /^npm (?:run (?:--silent )?)?([a-z]+)/.exec(said)?.[1] ?? [])
    expect(used.filter((name) => !['ci', ...Object.keys(scripts)].includes(name))).toEqual([])
  })
})

/** Lines "1." to "10." of the guide at the top of a page. */
const steps = (file: string) => [...read(file).split('\n## ')[0]!.matchAll(/^(\d+)\. (.*)$/gm)].map(([, n, said]) => [Number(n), said])

describe('the guides', () => {
  it.each(['docs/discord.md', 'docs/slack.md'])('have ten lines, which set a token, ask the doctor and start: %s', (file) => {
    const lines = steps(file)
    expect(lines.map(([n]) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const said = lines.map(([, line]) => line).join('\n')
    const order = [/export (DISCORD_TOKEN|SLACK_BOT_TOKEN)=/, /llmga -- doctor/, /`npm start`/].map((one) => said.search(one))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order[0]).toBeGreaterThan(0)
  })

  it('invite the Discord bot with the permissions that are named, and no others', () => {
    const text = read('docs/discord.md')
    const rows = text.split('| permission |')[1]!.split('\n\n')[0]!.split('\n').slice(2)
    const names = rows.flatMap((row) => row.split('|')[1]!.split(',')).map((name) => name.trim().toLowerCase().replaceAll(' ', ''))
    const flags = Object.entries(PermissionFlagsBits).map(([name, bit]) => [name.toLowerCase(), bit] as const)
    const bits = names.map((name) => flags.find(([known]) => known === name || `${known}s` === name)?.[1])
    expect(bits).toHaveLength(7)
    const sum = bits.reduce<bigint>((all, bit) => all | bit!, 0n)
    expect([...text.matchAll(/permissions=(\d+)/g)].map(([, number]) => number)).toEqual([sum.toString()])
    expect(text).toContain(`\`${sum}\``)
  })

  it('print the manifest with the scopes that the page lists', async () => {
    let out = ''
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((said) => ((out += String(said)), true))
    await runProgram(createProgram('test'), ['slack', 'manifest'])
    const socket = JSON.parse(out) as { settings: { socket_mode_enabled: boolean }; oauth_config: { scopes: { bot: string[] } } }
    out = ''
    await runProgram(createProgram('test'), ['slack', 'manifest', '--http', 'https://bot.example/slack/events'])
    write.mockRestore()
    expect(socket.settings.socket_mode_enabled).toBe(true)
    expect(out).toContain('"request_url": "https://bot.example/slack/events"')
    const text = read('docs/slack.md')
    const listed = text.split('## Scopes')[1]!.split('\n\n')[0]!.match(/`[a-z_]+(?::[a-z]+)?`/g)!
    expect(listed.map((scope) => scope.slice(1, -1))).toEqual([...botScopes])
    expect(socket.oauth_config.scopes.bot).toEqual([...botScopes])
    expect(text).toContain(`\`${appScope}\``)
  })

  it('name every metric that there is', async () => {
    const metrics = createMetrics()
    const text = await metrics.text(undefined)
    metrics.stop()
    const own = [...text.matchAll(/^# TYPE (llmga_\w+)/gm)].map(([, name]) => name!)
    const page = read('docs/operations.md')
    expect(own.length).toBeGreaterThan(15)
    expect(own.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
    const named = [...page.matchAll(/`(llmga_\w+)`/g)].map(([, name]) => name!)
    expect(named.filter((name) => !own.includes(name))).toEqual([])
  })
})
