import { AppError } from '../../src/contract/errors.ts'
import type { Attachment } from '../../src/contract/incoming.ts'
import { readAttachment } from './files.ts'
import { parseLine } from './parse-line.ts'
import type { TerminalAdapter } from './terminal-adapter.ts'
import type { View } from './view.ts'

/** A person's typed lines and interruptions, without the keyboard. */
export interface Talk {
  /** Does what a line asks for; resolves when its reply has been shown. `quit` when the person leaves. */
  line(text: string): Promise<'quit' | undefined>
  /** Ctrl-C: cancels what runs; `quit` when nothing does, or at the second time. */
  interrupt(): Promise<'quit' | undefined>
}

/** Lines typed to an adapter; what is refused is shown by the view and nothing is lost: attached files stay attached. */
export function createTalk(adapter: TerminalAdapter, view: View): Talk {
  let attachments: readonly Attachment[] = []
  let interrupted = false

  async function act(text: string): Promise<'quit' | undefined> {
    const line = parseLine(text)
    switch (line.type) {
      case 'nothing':
        return undefined
      case 'quit':
        return 'quit'
      case 'attach':
        attachments = [...attachments, await readAttachment(line.file, adapter.capabilities.fileLimitBytes)]
        return undefined
      case 'press':
        await adapter.press(line.number, line.value)
        return undefined
      case 'say': {
        const sent = attachments
        attachments = []
        await adapter.say({ ...line, attachments: sent }).catch((error: unknown) => {
          attachments = sent
          throw error
        })
        return undefined
      }
    }
  }

  return {
    async line(text) {
      interrupted = false
      try {
        return await act(text)
      } catch (error) {
        view.refused(AppError.from(error).toJSON())
        return undefined
      }
    },
    async interrupt() {
      if (interrupted || !(await adapter.cancel())) return 'quit'
      interrupted = true
      return undefined
    },
  }
}
