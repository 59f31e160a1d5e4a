import type { MaskLink } from '../../adapters/chat/mask-link.ts'
import type { AdapterLog } from '../../adapters/chat/log.ts'
import type { Config } from '../../config/schema.ts'
import type { Adapter } from '../contract/adapter.ts'
import { AppError } from '../contract/errors.ts'

/** A chat platform that the program connects to. */
export interface Platform {
  /** As people write it. */
  readonly name: 'Discord' | 'Slack'
  readonly adapter: Adapter
  /** Takes events over HTTP (Slack with a signing secret). */
  readonly handleHttp?: (request: Request) => Promise<Response>
}

/**
 * The platforms whose tokens are set; the libraries of the others are not even loaded.
 * Throws AppError `config/invalid` for tokens that belong together and are not all there.
 */
export async function createPlatforms(
  config: Config,
  maskLink: MaskLink,
  logFor: (name: string) => AdapterLog,
): Promise<Platform[]> {
  checkSlackTokens(config)
  const found = [
    await discordPlatform(config, maskLink, logFor('discord')),
    await slackPlatform(config, maskLink, logFor('slack')),
  ]
  return found.filter((platform) => platform !== undefined)
}

async function discordPlatform(config: Config, maskLink: MaskLink, log: AdapterLog): Promise<Platform | undefined> {
  if (config.discordToken === undefined) return undefined
  const { createDiscordAdapter } = await import('../../adapters/discord/adapter.ts')
  const options = {
    token: config.discordToken,
    apiUrl: config.discordApiUrl,
    cdnUrl: config.discordCdnUrl,
    messageContent: config.discordMessageContent,
    servers: config.discordServers,
    channels: config.discordChannels,
    roles: config.discordRoles,
    maskLink,
  }
  return { name: 'Discord', adapter: createDiscordAdapter(options, log) }
}

async function slackPlatform(config: Config, maskLink: MaskLink, log: AdapterLog): Promise<Platform | undefined> {
  const { slackBotToken, slackAppToken, slackSigningSecret } = config
  if (slackBotToken === undefined) return undefined
  const { createSlackAdapter } = await import('../../adapters/slack/adapter.ts')
  const adapter = createSlackAdapter(
    {
      botToken: slackBotToken,
      ...(slackAppToken === undefined ? {} : { appToken: slackAppToken }),
      ...(slackSigningSecret === undefined ? {} : { signingSecret: slackSigningSecret }),
      apiUrl: config.slackApiUrl,
      channels: config.slackChannels,
      maskLink,
    },
    log,
  )
  const { handleHttp } = adapter
  return { name: 'Slack', adapter, ...(handleHttp ? { handleHttp } : {}) }
}

/** A bot token alone receives nothing, and the others alone answer nothing. */
export function checkSlackTokens({ slackBotToken, slackAppToken, slackSigningSecret }: Config): void {
  const hasWay = slackAppToken !== undefined || slackSigningSecret !== undefined
  if (hasWay === (slackBotToken !== undefined)) return
  throw new AppError(
    'config/invalid',
    hasWay
      ? {
          message: 'SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is set, but SLACK_BOT_TOKEN is not',
          hint: 'Set SLACK_BOT_TOKEN to the token that begins with xoxb- ("OAuth & Permissions" of the app).',
        }
      : {
          message: 'SLACK_BOT_TOKEN is set, but no way for events to come in',
          hint: 'Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (events over HTTP).',
        },
  )
}
