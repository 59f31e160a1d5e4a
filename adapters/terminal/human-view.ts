import { styleText } from 'node:util'
import type { AppErrorData } from '../../src/contract/errors.ts'
import type { Progress } from '../../src/contract/outgoing.ts'
import { printable } from './printable.ts'
import { showChange } from './show-change.ts'
import { isMilestone, showProgress } from './progress-line.ts'
import { withHint, type ShownChange, type TextStream, type View } from './view.ts'

export interface HumanStreams {
  /** What the assistant says. */
  readonly words: TextStream
  /** Paths of pictures, one a line. */
  readonly files: TextStream
  /** Progress and errors. */
  readonly status: TextStream
}

const clearLine = '\r\u001b[2K'

/** Writes replies for a person: words as they stream, a live progress line on a terminal, plain lines elsewhere. */
export function createHumanView({ words, files, status }: HumanStreams): View {
  /** What the last character written to `words` belongs to; undefined at the start of a line. */
  let open: string | undefined
  let live = false
  /** Pictures that came while a sentence was being written. */
  const held: string[] = []
  let progress: Progress | undefined
  /** The reply has said why it ends. */
  let failed = false
  const plain = (text: string) => text
  const dim = (text: string) => (words.isTTY ? styleText('dim', text, { validateStream: false }) : text)

  function clear(): void {
    if (live) status.write(clearLine)
    live = false
  }
  function endLine(): void {
    clear()
    if (open !== undefined) words.write('\n')
    open = undefined
    for (const file of held.splice(0)) files.write(`${file}\n`)
  }
  /** Appends to a flow of words; another flow begins on a line of its own. */
  function append(flow: string, text: string, { lead = '', style = plain } = {}): void {
    const shown = printable(text)
    if (shown === '') return
    if (open !== flow) endLine()
    clear()
    words.write(style(open === flow ? shown : lead + shown))
    open = flow
  }
  function line(stream: TextStream, text: string): void {
    endLine()
    stream.write(`${printable(text)}\n`)
  }
  function showNow(now: Progress): void {
    if (status.isTTY) {
      endLine()
      // a line that wraps could not be cleared
      status.write(showProgress(now, { bar: true }).slice(0, (status.columns ?? 200) - 1))
      live = true
    } else if (isMilestone(progress, now)) line(status, showProgress(now, { bar: false }))
    progress = now
  }

  /** The person at a terminal runs the program: they are told what it is about, and what to do, once. */
  function showError({ sentence, error }: { sentence: string; error: AppErrorData }): void {
    failed = true
    const { code, message, hint } = error
    if (code === 'inference/cancelled' || sentence.includes(message.slice(1))) line(status, sentence)
    else line(status, hint === undefined ? `${sentence} (${message})` : withHint(message, hint))
  }

  const show = (change: ShownChange): void => {
    switch (change.type) {
      case 'text':
        if (change.restart) endLine()
        return append('text', change.text)
      case 'prompt':
        if (change.restart) endLine()
        return append(`prompt ${change.block}`, change.text, { lead: '> ', style: dim })
      case 'progress':
        // progress waits until a sentence that is being written is complete
        return change.talking && open !== undefined ? undefined : showNow(change.progress)
      case 'image':
        held.push(printable(change.file))
        return change.talking ? undefined : endLine()
      case 'change':
        return showChange(change.change).forEach((text) => line(words, text))
      case 'file':
        return line(files, change.file)
      case 'route':
        return line(status, `(${change.chosen})`)
      case 'notice':
        return line(words, change.text)
      case 'error':
        return showError(change)
      case 'end':
        endLine()
        if (change.state === 'cancelled' && !failed) line(status, 'Cancelled.')
        progress = undefined
        failed = false
        if (change.controls.length > 0 && words.isTTY)
          line(words, change.controls.map(({ label }, i) => `/${i + 1} ${label}`).join('   '))
    }
  }
  return { show, refused: ({ message, hint }) => line(status, withHint(message, hint)) }
}
