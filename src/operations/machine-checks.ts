import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem, totalmem } from 'node:os'
import path from 'node:path'
import type { Check } from '../contract/check.ts'

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/** The oldest Node that runs the sources, as package.json says. */
export function checkNode(version: string, needed: string): Check {
  const name = 'Node.js'
  const parts = (text: string) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number)
  const [has, needs] = [parts(version), parts(needed)]
  const differs = needs.findIndex((part, i) => (has[i] ?? 0) !== part)
  if (differs < 0 || (has[differs] ?? 0) > needs[differs]!) return { name, ok: true, detail: version }
  return { name, ok: false, detail: `${version}, ${needed} is needed`, fix: 'Install a newer Node.js from nodejs.org.' }
}

/** Room on the disk of a folder that may not exist yet. `neededBytes` is what the program wants free there. */
export async function checkDisk(what: string, folder: string, neededBytes: number): Promise<Check> {
  const name = `disk of the ${what} folder`
  try {
    const { bavail, bsize } = await statfs(await nearestFolder(folder))
    const free = bavail * bsize
    const detail = `${mebibytes(free)} free for ${folder}`
    if (free >= neededBytes) return { name, ok: true, detail }
    return { name, ok: false, detail, fix: `Make room: ${mebibytes(neededBytes)} should be free.` }
  } catch (error) {
    return { name, ok: false, detail: `${folder}: ${String(error)}`, fix: 'Choose another folder in the settings.' }
  }
}

async function nearestFolder(folder: string): Promise<string> {
  const parent = path.dirname(folder)
  return statfs(folder).then(
    () => folder,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || parent === folder) throw error
      return nearestFolder(parent)
    },
  )
}

/** Memory of the machine against the weights of the models in force, which are all in it once each was used. */
export function checkMemory(weightBytes: number, limitBytes: number, total = totalmem(), free = freemem()): Check {
  const name = 'memory'
  const held = limitBytes > 0 ? Math.min(weightBytes, limitBytes) : weightBytes
  const detail = `${mebibytes(weightBytes)} of weights in force; ${mebibytes(total)} in the machine, ${mebibytes(free)} free`
  if (held * 1.25 < total) return { name, ok: true, detail }
  return { name, ok: false, detail, fix: 'Set LLMGA_MEMORY_LIMIT, or choose smaller models.' }
}

/** Whether the page's port can be had; `isOurs` says whether it is a running llmga that has it. */
export async function checkPort(host: string, port: number, isOurs: () => Promise<boolean>): Promise<Check> {
  const name = 'port of the page'
  if (port === 0) return { name, ok: true, detail: 'a free one is taken at every start' }
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  if (!problem) return { name, ok: true, detail: `${host}:${port} is free` }
  if (await isOurs()) return { name, ok: true, detail: `${host}:${port} is held by llmga, which runs` }
  const fix = 'Set LLMGA_HTTP_PORT to another port, or end the program that has it.'
  return { name, ok: false, detail: `${host}:${port}: ${problem.code ?? problem.message}`, fix }
}

/** How far apart clocks may be: Slack's signatures are good for five minutes, Discord's ids carry the time. */
const mostSkewMs = 60_000

/** This machine's clock against the Date header of a platform. */
export async function checkClock(name: string, url: string, now = Date.now): Promise<Check> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'manual' })
    await response.body?.cancel()
    const date = Date.parse(response.headers.get('Date') ?? '')
    if (Number.isNaN(date)) return { name, ok: 'skipped', detail: `${new URL(url).host} does not say its time` }
    const seconds = Math.round((now() - date) / 1000)
    const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'before'} ${new URL(url).host}`
    if (Math.abs(seconds) * 1000 <= mostSkewMs) return { name, ok: true, detail }
    return { name, ok: false, detail, fix: 'Set the clock of this machine (NTP).' }
  } catch {
    return { name, ok: 'skipped', detail: `${new URL(url).host} could not be reached` }
  }
}
