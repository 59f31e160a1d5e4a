import { ApplicationFlags, Routes, type APIApplication, type APIGuild, type APIUser, type REST } from 'discord.js'
import type { Check } from '../../src/contract/check.ts'
import { problemOf } from './connection-problem.ts'
import type { DiscordOptions } from './options.ts'
import { applicationRest, areRegistered } from './register.ts'
import { statusOf } from './rest-errors.ts'

export type CheckOptions = Pick<DiscordOptions, 'token' | 'apiUrl' | 'messageContent' | 'servers'>

/** What the doctor looks at: token, intents, commands, servers. Changes nothing. Never throws. */
export async function checkDiscord(options: CheckOptions): Promise<readonly Check[]> {
  const rest = applicationRest(options)
  const token = await looked('Discord token', async () => {
    const { username } = (await rest.get(Routes.user())) as APIUser
    return { ok: true, detail: `accepted; the bot is ${username}` }
  })
  if (token.ok !== true) return [token, ...skippedWithoutToken]
  return [
    token,
    await looked('Discord intents', () => checkIntents(rest, options)),
    await looked('Discord commands', () => checkCommands(rest, options)),
    ...(await Promise.all(
      options.servers.map((server) => looked(`Discord server ${server}`, () => checkServer(rest, server))),
    )),
  ]
}

type Found = Omit<Check, 'name'>

const skippedWithoutToken: readonly Check[] = ['Discord intents', 'Discord commands'].map((name) => ({
  ...{ name, ok: 'skipped', detail: 'not looked at without an accepted token' },
}))

async function looked(name: string, look: () => Promise<Found>): Promise<Check> {
  try {
    return { name, ...(await look()) }
  } catch (error) {
    const { kind, sentence } = problemOf(error)
    if (kind === 'token') return { name, ok: false, detail: 'Discord refused the token', fix: sentence }
    const status = statusOf(error)
    if (status === undefined)
      return { name, ok: false, detail: sentence, fix: 'Check the network and DISCORD_API_URL.' }
    return { name, ok: false, detail: `Discord answered ${status}`, fix: 'Try again later.' }
  }
}

const contentFlags = ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited

async function checkIntents(rest: REST, { messageContent }: CheckOptions): Promise<Found> {
  const { flags = 0 } = (await rest.get(Routes.currentApplication())) as APIApplication
  const isOn = (Number(flags) & contentFlags) !== 0
  if (!messageContent)
    return {
      ok: true,
      detail: 'the Message Content intent is not asked for: mentions, commands and buttons are answered',
    }
  if (isOn) return { ok: true, detail: 'the Message Content intent is switched on' }
  return {
    ok: false,
    detail: 'the Message Content intent is asked for, but not switched on',
    fix: 'Switch it on on the Bot page of the application, or set LLMGA_DISCORD_MESSAGE_CONTENT=false.',
  }
}

async function checkCommands(rest: REST, { servers }: CheckOptions): Promise<Found> {
  const { id } = (await rest.get(Routes.currentApplication())) as APIApplication
  const fix = 'Run "llmga discord register".'
  if (await areRegistered(rest, id)) return { ok: true, detail: 'registered everywhere, as they are now' }
  const inServers = await Promise.all(servers.map((server) => areRegistered(rest, id, server).catch(() => false)))
  if (servers.length > 0 && inServers.every(Boolean))
    return { ok: true, detail: 'registered in the servers that are served' }
  return { ok: false, detail: 'not registered, or not as they are now', fix }
}

async function checkServer(rest: REST, server: string): Promise<Found> {
  try {
    const { name } = (await rest.get(Routes.guild(server))) as APIGuild
    return { ok: true, detail: `the bot is in "${name}"` }
  } catch (error) {
    const status = statusOf(error)
    if (status !== 403 && status !== 404) throw error
    return { ok: false, detail: 'the bot is not in it', fix: 'Invite the bot there, or take the server off the list.' }
  }
}
