import { createInterface } from 'node:readline'
import type { Talk } from './talk.ts'

export interface Keyboard {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: NodeJS.WritableStream
  /** Leaves at once, though something runs. */
  readonly leaveNow: () => void
}

/**
 * Reads lines until the person leaves or the input ends; each waits for the reply to the one before. On a terminal
 * Ctrl-C cancels what runs; when nothing does, or at the second time, it leaves.
 */
export async function chatLoop(talk: Talk, { input, output, leaveNow }: Keyboard): Promise<void> {
  const interactive = input.isTTY === true
  const lines = createInterface({ input, output, terminal: interactive, prompt: '› ' })
  let busy = false
  const interrupt = async () => {
    if ((await talk.interrupt()) !== 'quit') return
    if (busy) leaveNow()
    else lines.close()
  }
  lines.on('SIGINT', () => void interrupt())
  if (interactive) lines.prompt()
  for await (const line of lines) {
    busy = true
    const quit = await talk.line(line)
    busy = false
    if (quit === 'quit') break
    if (interactive) lines.prompt()
  }
  lines.close()
}
