import { REST, Routes, type APIApplication, type APIApplicationCommand } from 'discord.js'
import { commandBodies } from './command-bodies.ts'
import { apiVersion, usualTiming } from './options.ts'

export interface RegisterOptions {
  readonly token: string
  readonly apiUrl: string
  /** Ids of servers to register in, where a change shows at once; none: everywhere, which takes Discord some minutes. */
  readonly servers?: readonly string[]
}

/** What was done in one place; `server` is absent for everywhere. */
export interface Registered {
  readonly server?: string
  readonly changed: boolean
  readonly commands: number
}

/** Requests about the bot's application, with its token. */
export const applicationRest = ({ token, apiUrl }: Pick<RegisterOptions, 'token' | 'apiUrl'>): REST =>
  new REST({ api: apiUrl, version: apiVersion, timeout: usualTiming.requestMs }).setToken(token)

/** Where the commands of a place are: of a server, or of all. */
export const commandsRoute = (applicationId: string, server: string | undefined) =>
  server === undefined
    ? Routes.applicationCommands(applicationId)
    : Routes.applicationGuildCommands(applicationId, server)

/**
 * Registers the bot's commands where they are not as they should be. Throws what discord.js throws, for example for a
 * token that is not accepted or a server that the bot is not in.
 */
export async function registerCommands({
  token,
  apiUrl,
  servers = [],
}: RegisterOptions): Promise<readonly Registered[]> {
  const rest = applicationRest({ token, apiUrl })
  const { id } = (await rest.get(Routes.currentApplication())) as APIApplication
  const places = servers.length === 0 ? [undefined] : servers
  const done: Registered[] = []
  for (const server of places) done.push(await registerIn(rest, id, server))
  return done
}

async function registerIn(rest: REST, applicationId: string, server: string | undefined): Promise<Registered> {
  const place = server === undefined ? {} : { server }
  const bodies = commandBodies()
  if (await areRegistered(rest, applicationId, server)) return { ...place, changed: false, commands: bodies.length }
  await rest.put(commandsRoute(applicationId, server), { body: bodies })
  return { ...place, changed: true, commands: bodies.length }
}

/** Whether a place has exactly the bot's commands. */
export async function areRegistered(rest: REST, applicationId: string, server?: string): Promise<boolean> {
  const query = new URLSearchParams({ with_localizations: 'true' })
  const found = (await rest.get(commandsRoute(applicationId, server), { query })) as readonly APIApplicationCommand[]
  const bodies = commandBodies()
  const isThere = (body: (typeof bodies)[number]) => found.some((command) => isSubset(body, command))
  return found.length === bodies.length && bodies.every(isThere)
}

/**
 * Whether Discord's object says all that ours says. Discord adds ids and versions, and leaves out what is usual:
 * `required: false`, empty lists.
 */
function isSubset(ours: unknown, theirs: unknown): boolean {
  if (ours === false || (Array.isArray(ours) && ours.length === 0)) return !theirs || isEmptyList(theirs)
  if (Array.isArray(ours)) {
    const list = Array.isArray(theirs) ? (theirs as unknown[]) : []
    return list.length === ours.length && ours.every((one, index) => isSubset(one, list[index]))
  }
  if (typeof ours === 'object' && ours !== null) {
    const fields = typeof theirs === 'object' && theirs !== null ? (theirs as Record<string, unknown>) : {}
    return Object.entries(ours).every(([name, value]) => isSubset(value, fields[name]))
  }
  return ours === theirs || (typeof ours === 'number' && String(ours) === theirs) // permissions are numbers in texts
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0
