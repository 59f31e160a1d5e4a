import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { describeConfig, knownSettings, loadConfig } from '../../config/load.ts'
import { AppError } from '../../src/contract/errors.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmga-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const load = (env: Record<string, string>, file?: string) =>
  loadConfig({ env: { HOME: '/home/ann', ...env }, cwd: folder, file })

function problem(env: Record<string, string>, file?: string): string {
  try {
    load(env, file)
  } catch (error) {
    expect(AppError.from(error).code).toBe('config/invalid')
    return AppError.from(error).message
  }
  throw new Error('the configuration was accepted')
}

const secrets = {
  DISCORD_TOKEN: 'MTIzNDU2.GaBcDe.f-secret-discord',
  SLACK_BOT_TOKEN: 'xoxb-1-2-secret-bot',
  SLACK_APP_TOKEN: 'xapp-1-A-2-secret-app',
  SLACK_SIGNING_SECRET: '0123456789secretsigning',
}

describe('the tokens of platforms', () => {
  it('come from the environment under the names that the platforms use', () => {
    const { config } = load(secrets)
    expect([config.discordToken, config.slackBotToken, config.slackAppToken, config.slackSigningSecret]).toEqual(
      Object.values(secrets),
    )
  })

  it('are shown nowhere, and have no flag', () => {
    const lines = describeConfig(load(secrets))
    expect(JSON.stringify(lines)).not.toContain('secret-')
    const own = lines.filter(({ variable }) => variable in secrets)
    expect(own.map(({ value, flag }) => [value, flag])).toEqual(Array.from(own, () => ['********', null]))
    expect(own).toHaveLength(4)
  })

  it.each(['discordToken', 'DISCORD_TOKEN', 'SLACK_BOT_TOKEN', 'slackSigningSecret'])(
    'are refused in a config file with what to do: %s',
    (name) => {
      const file = path.join(folder, 'secrets.json')
      writeFileSync(file, JSON.stringify({ [name]: 'MTIzNDU2.GaBcDe.f-secret-discord' }))
      const said = problem({}, file)
      expect(said).toMatch(/is a secret and is not read from a file: set (DISCORD|SLACK)_[A-Z_]+ in the environment/)
      expect(said).not.toContain('f-secret')
    },
  )

  it.each([
    ['DISCORD_TOKEN', 'Bot MTIzNDU2.secret'],
    ['SLACK_BOT_TOKEN', 'xapp-1-secret-swapped'],
    ['SLACK_APP_TOKEN', 'xoxb-1-secret-swapped'],
  ])('are refused when they are of another kind, without being repeated: %s', (variable, value) => {
    const said = problem({ [variable]: value })
    expect(said).toContain(`${variable} (environment) is ********; allowed: `)
    expect(said).not.toContain('secret')
  })
})

describe('the addresses of platforms', () => {
  it('have the public ones as defaults, and end as the client libraries expect', () => {
    expect(load({}).config).toMatchObject({
      discordApiUrl: 'https://discord.com/api',
      discordCdnUrl: 'https://cdn.discordapp.com',
      slackApiUrl: 'https://slack.com/api/',
    })
    const env = { DISCORD_API_URL: 'http://127.0.0.1:9/api/', SLACK_API_URL: 'http://localhost:9/api' }
    expect(load(env).config).toMatchObject({
      discordApiUrl: 'http://127.0.0.1:9/api',
      slackApiUrl: 'http://localhost:9/api/',
    })
  })

  it.each(['http://example.org/api', 'ftp://127.0.0.1', 'https://user:pass@example.org', 'discord.com'])(
    'are refused where a token would go in the clear or nowhere: %s',
    (value) => expect(problem({ DISCORD_API_URL: value })).toContain('an https URL; http only on this machine'),
  )
})

describe('policies', () => {
  it('have defaults, and read words for yes and no', () => {
    expect(load({}).config).toMatchObject({
      discordMessageContent: false,
      discordServers: [],
      language: 'en',
      press: 'author',
      nsfw: 'blur',
      logPrompts: false,
      drainSeconds: 20,
      metrics: 'local',
      keepDays: 0,
      limitJobsPerPersonDay: 0,
    })
    for (const yes of ['true', 'yes', 'on', '1', 'TRUE'])
      expect(load({ LLMGA_DISCORD_MESSAGE_CONTENT: yes }).config.discordMessageContent).toBe(true)
    expect(load({ LLMGA_LOG_PROMPTS: 'off' }).config.logPrompts).toBe(false)
    expect(problem({ LLMGA_LOG_PROMPTS: 'maybe' })).toContain('allowed: true or false')
  })

  it('take lists of ids, and refuse names in their place', () => {
    const { config } = load({ LLMGA_DISCORD_SERVERS: '123456789012345678, 2', LLMGA_SLACK_CHANNELS: 'C01ABC,G02' })
    expect([config.discordServers, config.slackChannels]).toEqual([
      ['123456789012345678', '2'],
      ['C01ABC', 'G02'],
    ])
    expect(problem({ LLMGA_DISCORD_CHANNELS: '#general' })).toContain('Developer Mode')
    expect(problem({ LLMGA_SLACK_CHANNELS: 'general' })).toContain('C0123ABCD')
  })

  it('keeps the flags of all settings apart', () => {
    const flags = knownSettings().flatMap(({ flag }) => flag ?? [])
    expect(new Set(flags).size).toBe(flags.length)
    expect(flags).toContain('--limit-jobs-per-server-day')
  })
})
