import type { Command } from 'commander'
import { AppError } from '../contract/errors.ts'
import { configOf } from './config-flags.ts'
import { printLine } from './output.ts'

/** `llmga discord register` and `llmga slack manifest`. */
export function addPlatformCommands(program: Command): void {
  program
    .command('discord')
    .description('set up the Discord application')
    .addHelpText('after', '\nExample:\n  llmga discord register')
    .command('register')
    .description("register the bot's commands; only what changed is sent")
    .option('--server <id...>', 'in these servers only, where it shows at once; else everywhere')
    .addHelpText('after', '\nExamples:\n  llmga discord register\n  llmga discord register --server 123456789012345678')
    .action(({ server = [] }: { server?: string[] }) => register(program, server))
  program
    .command('slack')
    .description('set up the Slack app')
    .addHelpText('after', '\nExample:\n  llmga slack manifest')
    .command('manifest')
    .description('print the app manifest, to be pasted at api.slack.com/apps')
    .option('--http <url>', 'for events over HTTP at this address (https://HOST/slack/events) instead of Socket Mode')
    .addHelpText(
      'after',
      '\nExamples:\n  llmga slack manifest\n  llmga slack manifest --http https://bot.example/slack/events',
    )
    .action(async ({ http }: { http?: string }) => {
      if (http !== undefined) checkEventsUrl(http)
      const { slackManifest } = await import('../../adapters/slack/manifest.ts')
      printLine(slackManifest({ socketMode: http === undefined, url: http }))
    })
}

async function register(program: Command, servers: readonly string[]): Promise<void> {
  const { discordToken: token, discordApiUrl: apiUrl } = configOf(program).config
  if (token === undefined)
    throw new AppError('config/invalid', {
      message: 'DISCORD_TOKEN is not set',
      hint: 'Set it in the environment: docs/discord.md says where it comes from.',
    })
  const { registerCommands } = await import('../../adapters/discord/register.ts')
  const done = await registerCommands({ token, apiUrl, servers }).catch((cause: unknown) => {
    throw new AppError('input/not-found', {
      message: `Discord did not take the commands: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Run "llmga doctor"; a server must have the bot in it.',
      cause,
    })
  })
  for (const { server, changed, commands } of done)
    printLine(
      `${server === undefined ? 'everywhere' : `server ${server}`}: ${commands} commands, ${changed ? 'registered' : 'unchanged'}`,
    )
}

function checkEventsUrl(text: string): void {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' && url.pathname === '/slack/events') return
  throw new AppError('input/invalid-option', {
    message: `--http is "${text}"`,
    hint: 'Slack needs an https address that ends with /slack/events.',
  })
}
