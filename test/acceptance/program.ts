import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Folders of one test file: data, cache and what it makes; gone when it ends. */
export interface Place {
  readonly root: string
  at(name: string): string
  remove(): void
}

export function makePlace(name: string): Place {
  const root = mkdtempSync(path.join(tmpdir(), `llmga-${name}-`))
  return {
    root,
    at: (file) => path.join(root, file),
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  }
}

export type Variables = Readonly<Record<string, string>>

const isSetting = (name: string): boolean => /^(LLMGA|DISCORD|SLACK)_/.test(name) || name === 'VITEST'

/** The environment of whoever runs the tests without its own settings of the bot, and these in their place. */
function environment(variables: Variables): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !isSetting(name))
  return { ...Object.fromEntries(others), ...variables }
}

/** A started program that leads a process group of its own, with all that it has said. */
export interface Program {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  /** The exit code once both streams are closed; null after a signal. */
  readonly exit: Promise<number | null>
  /** The first line of stdout. Rejects with what was said instead when the program leaves before it. */
  readonly firstLine: Promise<string>
  /** Sends a signal to the program and everything that it started; nothing when they are gone. */
  signalAll(signal: NodeJS.Signals): void
  signal(signal: NodeJS.Signals): void
}

/** Starts a file of the sources as `npm start` and `npm run llmga` do. */
export function startProgram(file: string, args: readonly string[], variables: Variables): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    env: environment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exit = once(child, 'close').then(([code]) => code as number | null)
  const line = () => stdout.split('\n')[0] ?? ''
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => stdout.includes('\n') && resolve(line()))
    void exit.then((code) => reject(new Error(`left with ${code} before its first line: ${stdout}${stderr}`)))
  })
  firstLine.catch(() => undefined) // for those who wait for the exit only
  const signalAll = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
    firstLine,
    signalAll,
    signal: (signal) => void child.kill(signal),
  }
}

export interface Server extends Program {
  /** The address that it printed. */
  readonly url: string
}

/** `npm start` on the folders `data` and `cache` of a place and a free port. */
export async function startServer(place: Place, variables: Variables = {}): Promise<Server> {
  const program = startProgram('src/main.ts', [], { ...settings(place), LLMGA_HTTP_PORT: '0', ...variables })
  const url = /http:\S+/.exec(await program.firstLine)?.[0]
  if (url === undefined) throw new Error(`no address in: ${program.stdout()}`)
  return { ...program, url }
}

/** `npm run --silent llmga -- ...args`, to its end. */
export async function runCommand(place: Place, args: readonly string[], variables: Variables = {}) {
  const program = startProgram('src/cli.ts', args, { ...settings(place), ...variables })
  const code = await program.exit
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

const settings = (place: Place): Variables => ({
  LLMGA_DATA_DIR: place.at('data'),
  LLMGA_CACHE_DIR: place.at('cache'),
})

/** Pids of the processes that `pid` started and that still run (Linux). */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number)
}

/** Whether a process runs; one that has ended and is not collected yet does not. */
export const isRunning = (pid: number): boolean => parentOf(String(pid)) !== undefined

/** Fields 3 and 4 of proc_pid_stat(5): the state, and the parent. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    return undefined
  }
}
