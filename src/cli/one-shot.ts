import { userInfo } from 'node:os'
import type { Command as Program } from 'commander'
import { readAttachment } from '../../adapters/terminal/files.ts'
import { createHumanView } from '../../adapters/terminal/human-view.ts'
import { createJsonView } from '../../adapters/terminal/json-view.ts'
import { createTerminalAdapter, type TerminalAdapter } from '../../adapters/terminal/terminal-adapter.ts'
import type { View } from '../../adapters/terminal/view.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Bot } from '../contract/adapter.ts'
import { AppError } from '../contract/errors.ts'
import type { Attachment, Command } from '../contract/incoming.ts'
import type { OutgoingMessage } from '../contract/outgoing.ts'
import type { Person } from '../contract/thread.ts'
import { configOf } from './config-flags.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { onInterrupt } from './interrupts.ts'
import { pictureSaver, writePicture } from './pictures.ts'

export interface OneShot {
  readonly text: string
  readonly command?: Command
  /** Files of pictures that go along. */
  readonly images?: readonly string[]
  readonly json?: boolean
  /** File or folder for pictures. */
  readonly out?: string | undefined
  /** Reads what else goes along; what it throws is told as a refusal. */
  readonly prepare?: () => Promise<Prepared>
  /** The answer is a picture: its path alone goes to stdout, words to stderr, and none is a failure. */
  readonly wantsPicture?: boolean
  /** Words and pictures belong together, and no picture is a failure. */
  readonly drawsPictures?: boolean
  /** Where the mask of a change is written. */
  readonly saveMask?: string | undefined
  /** Kept in the data folder under this name; absent: in memory. */
  readonly thread?: string | undefined
}

/** What a request is completed with before it is said. */
export interface Prepared {
  readonly text?: string
  readonly command?: Command
  readonly attachments?: readonly Attachment[]
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
    process.exitCode = exitCodeOfReply(final, (request.wantsPicture || request.drawsPictures) ?? false)
  } catch (thrown) {
    const error = AppError.from(thrown)
    view.refused(error.toJSON())
    process.exitCode = exitCodeOf(error.code)
  }
}

async function exchange(program: Program, request: OneShot, view: View): Promise<OutgoingMessage | undefined> {
  const config = quietLog(configOf(program))
  const { images = [], thread } = request
  const limit = config.limitUploadBytes
  const named = await Promise.all(images.map((file) => readAttachment(file, limit)))
  const { text, command, attachments = named } = { ...request, ...(await request.prepare?.()) }
  const savePicture = await pictureSaver(request.out)
  const person = terminalPerson()
  const adapter = createTerminalAdapter({ person, thread: thread ?? 'once', view, fileLimitBytes: limit, savePicture })
  const { compose } = await import('../compose.ts') // the models' side is large; other commands do without it
  const composed = await compose({ config, adapters: [adapter], memory: thread === undefined })
  const stopListening = onInterrupt(() => void adapter.cancel())
  try {
    const final = await adapter.say({ text, attachments, ...(command && { command }) })
    if (final && request.saveMask !== undefined) await saveMask(composed.bot, adapter, final, request.saveMask)
    return final
  } finally {
    stopListening()
    await composed.stop()
  }
}

/** Writes the mask that a change was made with. Throws AppError `input/not-found` where the reply has none. */
async function saveMask(bot: Bot, { key, person }: TerminalAdapter, { parts }: OutgoingMessage, file: string) {
  const mask = parts.flatMap((part) => (part.type === 'change' && part.mask ? [part.mask] : []))[0]
  const bytes = mask && (await bot.readBlob(key, person, mask.sha256))
  if (!bytes)
    throw new AppError('input/not-found', { message: 'this change has no mask', hint: 'Leave --save-mask out.' })
  await writePicture(file, bytes)
}

function exitCodeOfReply(final: OutgoingMessage | undefined, wantsPicture: boolean): number {
  const failed = final?.parts.find((part) => part.type === 'error')
  if (failed) return exitCodeOf(failed.error.code)
  if (final?.state === 'cancelled') return exitCodes.cancelled
  const drawn = final?.parts.some((part) => part.type === 'images' && part.images.length > 0)
  return wantsPicture && !drawn ? exitCodes.nothingDrawn : 0
}
