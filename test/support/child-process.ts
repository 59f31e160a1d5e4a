import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Starts a TypeScript file of the tests as a process of its own. Its stderr is shown. */
export function startScript(file: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The same, with files limited to `kilobytes`: what grows beyond fails as on a full disk (EFBIG for ENOSPC). */
export function startLimited(file: string, args: readonly string[], kilobytes: number): ChildProcess {
  const command = [process.execPath, '--import', 'tsx', file, ...args]
  const script = `ulimit -f ${kilobytes}; exec "$@"`
  return spawn('bash', ['-c', script, 'bash', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Lines of the child's stdout until `isLast` says so, or the child ends. */
export async function readLines(child: ChildProcess, isLast: (line: string) => boolean): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (isLast(line)) break
  }
  return lines
}

/** kill -9, and waits until the process is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
