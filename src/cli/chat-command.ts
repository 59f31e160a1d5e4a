import path from 'node:path'
import type { Command } from 'commander'
import { chatLoop } from '../../adapters/terminal/chat-loop.ts'
import { showHistory } from '../../adapters/terminal/history.ts'
import { createHumanView } from '../../adapters/terminal/human-view.ts'
import { createJsonView } from '../../adapters/terminal/json-view.ts'
import { lineHelp } from '../../adapters/terminal/parse-line.ts'
import { createTalk } from '../../adapters/terminal/talk.ts'
import { createTerminalAdapter } from '../../adapters/terminal/terminal-adapter.ts'
import { configOf } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { quietLog, runOnce, terminalPerson } from './one-shot.ts'
import { printLine } from './output.ts'
import { pictureSaver } from './pictures.ts'

interface ChatOptions {
  readonly once?: string
  readonly image?: readonly string[]
  readonly json?: boolean
  readonly thread?: string
  readonly out?: string
}

/** Turns of a thread that are shown again at the start. */
const shownTurns = 12

export function addChatCommand(program: Command): void {
  program
    .command('chat')
    .description('talk in the terminal; the thread is kept in the data folder and found again')
    .option('--once <text>', 'say one thing, show the reply and leave; kept only with --thread')
    .option('--image <file...>', 'pictures that go with --once')
    .option('--thread <name>', 'which thread (default: main)')
    .option('--out <folder>', 'where pictures are written (default: pictures in the data folder; with --once here)')
    .option('--json', 'events as JSON lines on stdout')
    .addHelpText(
      'after',
      `
Examples:
  llmga chat
  llmga chat --thread holidays
  llmga chat --once "what is this?" --image cat.png
  llmga chat --once "draw a red fox in the snow" --json | jq -r 'select(.type == "image").file'`,
    )
    .action(async ({ once, image = [], json = false, thread, ...rest }: ChatOptions) => {
      const out = rest.out && `${rest.out}/`
      if (once !== undefined) return runOnce(program, { text: once, images: image, json, thread, out })
      return chat(program, { json, thread: thread ?? 'main', out })
    })
}

async function chat(
  program: Command,
  { json, thread, out }: { json: boolean; thread: string; out: string | undefined },
): Promise<void> {
  const config = quietLog(configOf(program))
  const { stdin, stdout, stderr } = process
  const view = json ? createJsonView(stdout) : createHumanView({ words: stdout, files: stdout, status: stderr })
  const savePicture = await pictureSaver(out ?? `${path.join(config.dataDir, 'pictures')}/`)
  const fileLimitBytes = config.limitUploadBytes
  const adapter = createTerminalAdapter({ person: terminalPerson(), thread, view, fileLimitBytes, savePicture })
  const { compose } = await import('../compose.ts')
  const { bot, stop } = await compose({ config, adapters: [adapter] })
  try {
    const past = await bot.readThread(adapter.key, adapter.person)
    if (!json) greet([bot.about().notice ?? '', lineHelp, ...(past ? ['', ...showHistory(past, shownTurns)] : [])])
    await chatLoop(createTalk(adapter, view), {
      input: stdin,
      output: stdout,
      leaveNow: () => process.exit(exitCodes.cancelled),
    })
  } finally {
    await stop()
  }
}

const greet = (lines: readonly string[]) => lines.filter((line, i) => i > 0 || line !== '').forEach(printLine)
