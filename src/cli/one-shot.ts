import { userInfo } from 'node:os'
import type { Command as Program } from 'commander'
import { readAttachment } from '../../adapters/terminal/files.ts'
import { createHumanView } from '../../adapters/terminal/human-view.ts'
import { createJsonView } from '../../adapters/terminal/json-view.ts'
import { createTerminalAdapter } from '../../adapters/terminal/terminal-adapter.ts'
import type { View } from '../../adapters/terminal/view.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { AppError } from '../contract/errors.ts'
import type { Command } from '../contract/incoming.ts'
import type { OutgoingMessage } from '../contract/outgoing.ts'
import type { Person } from '../contract/thread.ts'
import { configOf } from './config-flags.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { onInterrupt } from './interrupts.ts'
import { pictureSaver } from './pictures.ts'

export interface OneShot {
  readonly text: string
  readonly command?: Command
  /** Files of pictures that go along. */
  readonly images?: readonly string[]
  readonly json?: boolean
  /** File or folder for pictures. */
  readonly out?: string | undefined
  /** The answer is a picture: its path alone goes to stdout, words to stderr, and none is a failure. */
  readonly wantsPicture?: boolean
  /** Kept in the data folder under this name; absent: in memory. */
  readonly thread?: string | undefined
}

/** Whoever runs the program. */
export function terminalPerson(): Person {
  const { uid, username } = userInfo()
  return { id: uid >= 0 ? `uid-${uid}` : username, name: username, admin: true }
}

/** At a terminal what goes wrong is said as a sentence; the log keeps quiet unless it was asked for. */
export const quietLog = ({ config, origins }: LoadedConfig): LoadedConfig['config'] =>
  origins.logLevel.source === 'default' ? { ...config, logLevel: 'fatal' } : config

const viewFor = ({ json, wantsPicture }: OneShot): View =>
  json
    ? createJsonView(process.stdout)
    : createHumanView({
        words: wantsPicture ? process.stderr : process.stdout,
        files: process.stdout,
        status: process.stderr,
      })

/** Says one thing to the bot, shows the reply and leaves its exit code in process.exitCode. */
export async function runOnce(program: Program, request: OneShot): Promise<void> {
  const view = viewFor(request)
  try {
    const final = await exchange(program, request, view)
    process.exitCode = exitCodeOfReply(final, request.wantsPicture ?? false)
  } catch (thrown) {
    const error = AppError.from(thrown)
    view.refused(error.toJSON())
    process.exitCode = exitCodeOf(error.code)
  }
}

async function exchange(program: Program, request: OneShot, view: View): Promise<OutgoingMessage | undefined> {
  const config = quietLog(configOf(program))
  const { text, command, images = [], thread } = request
  const limit = config.limitUploadBytes
  const attachments = await Promise.all(images.map((file) => readAttachment(file, limit)))
  const savePicture = await pictureSaver(request.out)
  const person = terminalPerson()
  const adapter = createTerminalAdapter({ person, thread: thread ?? 'once', view, fileLimitBytes: limit, savePicture })
  const { compose } = await import('../compose.ts') // the models' side is large; other commands do without it
  const composed = await compose({ config, adapters: [adapter], memory: thread === undefined })
  const stopListening = onInterrupt(() => void adapter.cancel())
  try {
    return await adapter.say({ text, attachments, ...(command && { command }) })
  } finally {
    stopListening()
    await composed.stop()
  }
}

function exitCodeOfReply(final: OutgoingMessage | undefined, wantsPicture: boolean): number {
  const failed = final?.parts.find((part) => part.type === 'error')
  if (failed) return exitCodeOf(failed.error.code)
  if (final?.state === 'cancelled') return exitCodes.cancelled
  const drawn = final?.parts.some((part) => part.type === 'images' && part.images.length > 0)
  return wantsPicture && !drawn ? exitCodes.nothingDrawn : 0
}
