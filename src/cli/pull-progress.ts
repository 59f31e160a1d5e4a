import { tell } from './output.ts'

/** What is shown while files come: a bar that is redrawn on a terminal, a line a file elsewhere. */
export interface PullProgress {
  readonly onFile: (file: { readonly path: string; readonly sizeBytes: number }, state: 'begun' | 'done') => void
  readonly onBytes: (count: number) => void
  readonly end: () => void
}

const redrawMs = 200
const width = 24

export const mebibytes = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`

export function createPullProgress(totalBytes: number, stream: NodeJS.WriteStream = process.stderr): PullProgress {
  const begin = performance.now()
  let here = 0
  let current = ''
  let drawnAt = -Infinity

  function draw(): void {
    if (!stream.isTTY || performance.now() - drawnAt < redrawMs) return
    drawnAt = performance.now()
    const share = totalBytes === 0 ? 1 : Math.min(here / totalBytes, 1)
    const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.')
    const perSecond = here / Math.max(0.001, (performance.now() - begin) / 1000)
    const line = `[${bar}] ${Math.floor(share * 100)} %  ${mebibytes(here)} of ${mebibytes(totalBytes)}  ${mebibytes(perSecond)}/s  ${current}`
    stream.write(`\r${line.slice(0, (stream.columns || 80) - 1)}\x1b[K`)
  }

  const clear = () => {
    if (stream.isTTY) stream.write('\r\x1b[K')
  }
  return {
    onFile({ path, sizeBytes }, state) {
      current = path
      if (!stream.isTTY && state === 'begun') tell(`  ${path}  ${mebibytes(sizeBytes)}`)
      if (stream.isTTY && state === 'done') {
        clear()
        tell(`  ${path}  ${mebibytes(sizeBytes)}`)
      }
      draw()
    },
    onBytes(count) {
      here += count
      draw()
    },
    end: clear,
  }
}
