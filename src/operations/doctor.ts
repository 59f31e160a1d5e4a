import { existsSync, readFileSync } from 'node:fs'
import { libraryPath } from '../../config/library-path.ts'
import type { Config } from '../../config/schema.ts'
import type { Check } from '../contract/check.ts'
import { AppError } from '../contract/errors.ts'
import { wantedDevices } from '../inference/devices.ts'
import { checkCuda } from './cuda-check.ts'
import { checkClock, checkDisk, checkMemory, checkNode, checkPort } from './machine-checks.ts'
import { checkDevices, checkModels } from './model-checks.ts'
import { checkSlackTokens } from './platforms.ts'
import { askRunning } from './running.ts'

/** Free room that the data folder should have: some thousand pictures. */
const dataBytes = 2 ** 30

/** Looks at everything that a start needs. Changes nothing, and never throws. */
export async function examine(config: Config): Promise<readonly Check[]> {
  const { checks: models, weightBytes } = await checkModels(config)
  const isOurs = async () => (await askRunning(config, '/health').catch(() => undefined)) !== undefined
  return [
    checkNode(process.versions.node, neededNode()),
    ...models,
    ...(await checkDevices(config)),
    ...checkCudaPart(config),
    checkMemory(weightBytes, config.memoryLimit * 2 ** 20),
    await checkDisk('data', config.dataDir, dataBytes),
    await checkDisk('cache', config.cacheDir, weightBytes),
    await checkPort(config.httpHost, config.httpPort, isOurs),
    ...(await checkDiscordPart(config)),
    ...(await checkSlackPart(config)),
  ]
}

/** CUDA's parts where they are asked for; where `auto` finds NVIDIA's driver, as a hint that no start waits for. */
function checkCudaPart(config: Config): readonly Check[] {
  const wanted = Object.values(wantedDevices(config))
  const isNamed = wanted.some((device) => device.startsWith('cuda'))
  if (process.platform !== 'linux' || !(isNamed || wanted.includes('auto'))) return []
  const check = checkCuda({ libraryPath: libraryPath() })
  if (isNamed) return [check]
  return existsSync('/proc/driver/nvidia') ? [check.ok ? check : { ...check, ok: 'skipped' }] : []
}

/** Whether something has to be done before the bot works as it is set up. */
export const needsFixing = (checks: readonly Check[]): boolean => checks.some(({ ok }) => ok === false)

async function checkDiscordPart(config: Config): Promise<readonly Check[]> {
  const { discordToken: token, discordApiUrl: apiUrl, discordMessageContent, discordServers } = config
  if (token === undefined) return [{ name: 'Discord', ok: 'skipped', detail: 'DISCORD_TOKEN is not set' }]
  const { checkDiscord } = await import('../../adapters/discord/checks.ts')
  const options = { token, apiUrl, messageContent: discordMessageContent, servers: discordServers }
  return [...(await checkDiscord(options)), await checkClock('Discord clock', `${apiUrl}/v10/gateway`)]
}

async function checkSlackPart(config: Config): Promise<readonly Check[]> {
  try {
    checkSlackTokens(config)
  } catch (error) {
    const { message, hint } = AppError.from(error)
    return [{ name: 'Slack', ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) }]
  }
  const { slackBotToken: botToken, slackAppToken: appToken, slackSigningSecret: signingSecret } = config
  if (botToken === undefined) return [{ name: 'Slack', ok: 'skipped', detail: 'SLACK_BOT_TOKEN is not set' }]
  const { checkSlack } = await import('../../adapters/slack/checks.ts')
  return checkSlack({
    botToken,
    ...(appToken === undefined ? {} : { appToken }),
    ...(signingSecret === undefined ? {} : { signingSecret }),
    apiUrl: config.slackApiUrl,
    channels: config.slackChannels,
  })
}

function neededNode(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { engines: { node: string } }).engines.node
}
