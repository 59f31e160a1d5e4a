import { Command } from 'commander'
import { createWebAdapter } from '../adapters/web/adapter.ts'
import { isLoopback } from '../adapters/web/options.ts'
import { serveRoutes } from '../adapters/web/serve.ts'
import type { AccessToken, Config } from '../config/schema.ts'
import { addConfigFlags, configOf } from './cli/config-flags.ts'
import { exitCodeOf, exitCodes } from './cli/exit-codes.ts'
import { printLine, tell, tellError } from './cli/output.ts'
import { runProgram } from './cli/program.ts'
import { readOrMakeToken } from './cli/web-token.ts'
import { version } from './cli/version.ts'
import { compose, createLog } from './compose.ts'

/** Serves the page and runs the bot until a signal ends it. */
async function serve(config: Config): Promise<void> {
  const log = createLog(config)
  const tokens = tokensFor(config)
  const { httpHost: host, httpPort: port, publicUrl } = config
  const fileBytes = config.limitUploadBytes
  const limits = { fileBytes, uploadBytes: 2 * fileBytes + (8 << 20) } // a message may bring several files
  const web = createWebAdapter({ host, tokens, limits, ...(publicUrl && { publicUrl }) }, log)
  const served = await serveRoutes(web.routes, { host, port })
  const { stop } = await compose({ config, adapters: [web], log }).catch(async (error: unknown) => {
    await served.close()
    throw error
  })
  printLine(`LLMGA is at ${publicUrl ?? served.url}${signIn(config, tokens)}`)
  onStopSignal(async () => {
    await served.close()
    await stop()
  })
}

/** Nobody but this machine's people can reach a page on localhost; any other one asks for a token. */
function tokensFor({ httpToken, httpHost, publicUrl, dataDir }: Config): readonly AccessToken[] {
  if (httpToken) return httpToken
  const isLocal = isLoopback(httpHost) && (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname))
  return isLocal ? [] : [{ token: readOrMakeToken(dataDir) }]
}

/** How to come in; only a token that the program made itself is shown. */
function signIn({ httpToken }: Config, [token]: readonly AccessToken[]): string {
  if (httpToken) return ' - sign in with the token from LLMGA_HTTP_TOKEN'
  return token ? ` - sign in with the token ${token.token}` : ''
}

/** The first signal ends what runs in order and keeps the rest for the next start; the second one leaves at once. */
function onStopSignal(stop: () => Promise<void>): void {
  let stopping = false
  const leave = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(exitCodes.cancelled)
    stopping = true
    tell(`${signal}: stopping; unfinished jobs go on at the next start`)
    stop().then(
      () => process.exit(0),
      (error: unknown) => process.exit(exitCodeOf(tellError(error).code)),
    )
  }
  process.on('SIGINT', leave)
  process.on('SIGTERM', leave)
}

const program = new Command('npm start --').version(version).description('Serve the chat page on this machine.')
addConfigFlags(program, { inHelp: true })
program.action(() => serve(configOf(program).config))
await runProgram(program, process.argv.slice(2))
