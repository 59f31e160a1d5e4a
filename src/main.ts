import { Command } from 'commander'
import type { Logger } from 'pino'
import { createWebAdapter } from '../adapters/web/adapter.ts'
import { serveRoutes } from '../adapters/web/serve.ts'
import type { AccessToken, Config } from '../config/schema.ts'
import { addConfigFlags, configOf } from './cli/config-flags.ts'
import { exitCodeOf, exitCodes } from './cli/exit-codes.ts'
import { printLine, tell, tellError } from './cli/output.ts'
import { runProgram } from './cli/program.ts'
import { pageTokens } from './cli/web-token.ts'
import { version } from './cli/version.ts'
import { compose, type Composition } from './compose.ts'
import { createHttp } from './compose/http.ts'
import { createLog } from './compose/log.ts'
import { tellConnections } from './operations/connection-lines.ts'
import { countLimits } from './operations/count-limits.ts'
import { createMetrics } from './operations/metrics.ts'
import { notePageAddress } from './operations/page-address.ts'
import { createPlatforms } from './operations/platforms.ts'
import { keepSwept } from './operations/retention.ts'

/** Serves the page, connects the platforms whose tokens are set, and runs the bot until a signal ends it. */
async function serve(config: Config): Promise<void> {
  const log = createLog(config)
  const metrics = createMetrics()
  const tokens = pageTokens(config)
  const web = createPage(config, tokens, log)
  const platforms = await createPlatforms(config, web.maskLink, (name) =>
    countLimits(log.child({ platform: name }), () => metrics.platformLimit(name)),
  )
  const running: { composed?: Composition } = {}
  const http = createHttp({ config, tokens, page: web.routes, platforms, metrics, bot: () => running.composed?.bot })
  const served = await serveRoutes(http, { host: config.httpHost, port: config.httpPort })
  const adapters = platforms.map(({ adapter }) => adapter)
  const composed = await compose({ config, adapters: [web], platforms: adapters, metrics, log }).catch(
    async (error: unknown) => {
      await served.close()
      throw error
    },
  )
  running.composed = composed
  const forgetAddress = notePageAddress(config.dataDir, served.url)
  printLine(`LLMGA is at ${config.publicUrl ?? served.url}${signIn(config, tokens)}`)
  const endings = [keepSwept(composed, config, log), tellConnections(platforms, printLine), forgetAddress]
  onStopSignal(async () => {
    await composed.bot.drain(config.drainSeconds * 1000)
    for (const end of endings) end()
    await served.close()
    await composed.stop()
  })
}

function createPage({ httpHost, publicUrl, limitUploadBytes }: Config, tokens: readonly AccessToken[], log: Logger) {
  const limits = { fileBytes: limitUploadBytes, uploadBytes: 2 * limitUploadBytes + (8 << 20) } // several files come at once
  return createWebAdapter({ host: httpHost, tokens, limits, ...(publicUrl && { publicUrl }) }, log)
}

/** How to come in; only a token that the program made itself is shown. */
function signIn({ httpToken }: Config, [token]: readonly AccessToken[]): string {
  if (httpToken) return ' - sign in with the token from LLMGA_HTTP_TOKEN'
  return token ? ` - sign in with the token ${token.token}` : ''
}

/**
 * The first signal lets what runs end in its time and keeps the rest for the next start; the second one leaves at once.
 */
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
