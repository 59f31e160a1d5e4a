import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pictureName } from '../../../adapters/terminal/files.ts'
import { createHumanView } from '../../../adapters/terminal/human-view.ts'
import { createTalk } from '../../../adapters/terminal/talk.ts'
import { createTerminalAdapter } from '../../../adapters/terminal/terminal-adapter.ts'
import { adapterContract, type AdapterHarness } from '../../contracts/adapter.ts'
import type { RecordingBot } from '../../contracts/recording-bot.ts'

/** A terminal that keeps what it was told; the live line is what follows the last erasure. */
function fakeTerminal() {
  const words: string[] = []
  const status: string[] = []
  return {
    words: { isTTY: true, write: (text: string) => words.push(text) },
    status: { isTTY: true, write: (text: string) => status.push(text) },
    text: () => words.join(''),
    statusLine: () => status.join('').split('\r\u001b[2K').at(-1)!,
    statusText: () => status.join(''),
  }
}

const isPicture = (file: string) => file.endsWith('.png')

async function harness(bot: RecordingBot): Promise<AdapterHarness> {
  const folder = await mkdtemp(path.join(tmpdir(), 'llmga-terminal-'))
  const terminal = fakeTerminal()
  const files: string[] = []
  const view = createHumanView({
    words: terminal.words,
    files: { write: (text) => files.push(text.trim()) },
    status: terminal.status,
  })
  const adapter = createTerminalAdapter({
    person: { id: 'ann', name: 'Ann' },
    thread: 'main',
    view,
    fileLimitBytes: 1000,
    savePicture: async (bytes, image) => {
      const file = path.join(folder, pictureName(image))
      await writeFile(file, bytes)
      return file
    },
  })
  await adapter.start(bot)
  const talk = createTalk(adapter, view)
  /** Types a line; its reply comes later, so only what happens at once is waited for. */
  const type = async (line: string) => {
    void talk.line(line)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const controls = () => {
    const line = /^\/1 .*$/m.exec(terminal.text().split('\n').slice(-2).join('\n'))?.[0] ?? ''
    return line
      .split('   ')
      .map((entry) => entry.replace(/^\/\d+ /, ''))
      .filter((label) => label !== '')
  }
  return {
    adapter,
    operators: true,
    write: async (text, attached = []) => {
      for (const [i, { name, bytes }] of attached.entries()) {
        const file = path.join(folder, `${i}`, name)
        await rm(path.dirname(file), { recursive: true, force: true })
        await mkdir(path.dirname(file))
        await writeFile(file, bytes)
        await type(`/image ${file}`)
      }
      await type(text)
    },
    press: (label, value) => type(`/${controls().indexOf(label) + 1}${value === undefined ? '' : ` ${value}`}`),
    cancel: async () => void (await talk.interrupt()),
    seen: async () => ({
      messages: [terminal.text(), terminal.statusText()],
      images: await Promise.all(files.filter(isPicture).map((file) => readFile(file))),
      files: await Promise.all(files.filter((file) => !isPicture(file)).map((file) => readFile(file))),
      progress:
        terminal.statusLine() === '' || terminal.statusLine().endsWith('\n') ? undefined : terminal.statusLine(),
      controls: controls(),
    }),
    stop: async () => {
      await adapter.stop()
      await rm(folder, { recursive: true })
    },
  }
}

adapterContract('terminal', harness)
