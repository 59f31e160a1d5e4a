/**
 * `node --import tsx bench/references/page.ts [--folder DIR]`: a LLaVA of 7 billion parameters in 4 bits and a Stable
 * Diffusion of 1.5's sizes chat and draw through the page, started as a user starts it. Random weights: words and
 * pictures mean nothing. Set-up before: bench/references/setup.sh torch. Takes 35 GB of disk.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, homedir, loadavg } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { WirePart, WireThread } from '../../adapters/web/wire.ts'
import { memoryOf } from '../measure.ts'
import { makePageModels, pagePreset } from './page-models.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: path.join(homedir(), '.cache/llmga-bench') },
    port: { type: 'string', default: '7899' },
    side: { type: 'string', default: '512' },
    steps: { type: 'string', default: '4' },
    tokens: { type: 'string', default: '24' },
    minutes: { type: 'string', default: '15' },
  },
})
const folder = path.resolve(values.folder)
const settings = { folder, threads: cpus().length, layers: undefined, side: undefined }
const models = makePageModels(settings, {
  side: Number(values.side),
  steps: Number(values.steps),
  maxNewTokens: Number(values.tokens),
})
const root = fileURLToPath(new URL('../..', import.meta.url))
const data = path.join(folder, 'page-data')
rmSync(data, { recursive: true, force: true })
const env = {
  ...process.env,
  LLMGA_MODELS_DIR: models,
  LLMGA_MLLM: pagePreset,
  LLMGA_T2I: pagePreset,
  LLMGA_MLLM_PRECISION: 'int4',
  LLMGA_DATA_DIR: data,
  LLMGA_CACHE_DIR: path.join(folder, 'page-cache'),
  LLMGA_HTTP_PORT: values.port,
}
const address = `http://127.0.0.1:${values.port}`
const program = ['--import', import.meta.resolve('tsx')]
const child = spawn(process.execPath, [...program, path.join(root, 'src/main.ts')], {
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
})

const say = (text: string) => void process.stdout.write(`${text}\n`)
let slowest = 0

async function ask(route: string, body?: object): Promise<unknown> {
  const begin = performance.now()
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${address}${route}`, body && { method: 'POST', headers, body: JSON.stringify(body) })
  const json: unknown = await answer.json()
  slowest = Math.max(slowest, performance.now() - begin)
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${JSON.stringify(json)}`)
  return json
}

async function started(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${address}/api/about`).catch(() => undefined)
    if (answer?.ok) return
    if (child.exitCode !== null) throw new Error('the program ended')
    await sleep(200)
  }
}

/** Processes of the program, the largest first. */
function processes(): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      const status = statusOf(pid)
      return { pid: Number(pid), parent: Number(/PPid:\s+(\d+)/.exec(status)?.[1]) }
    })
  const own = [child.pid!, ...parents.filter(({ parent }) => parent === child.pid).map(({ pid }) => pid)]
  return own.sort((a, b) => memoryOf(b).resident - memoryOf(a).resident)
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(2)

function tellMemory(): void {
  for (const pid of processes()) {
    const { resident, anonymous, peak } = memoryOf(pid)
    say(
      `process ${pid}: ${gibibytes(resident)} GiB resident, ${gibibytes(anonymous)} of it own, peak ${gibibytes(peak)}`,
    )
  }
}

const describe = (part: WirePart): string => {
  if (part.type === 'progress')
    return `${part.progress.phase}${part.progress.phase === 'drawing' ? ` ${part.progress.step}/${part.progress.steps}` : ''}`
  if (part.type === 'text' || part.type === 'prompt') return `${part.type} ${part.text.split(' ').length} words`
  if (part.type === 'error') return `error: ${part.sentence}`
  return part.type
}

/** Sends a message and tells every change of its reply with its second; throws when it ends in an error. */
async function turn(thread: string, body: object): Promise<void> {
  say(`\n${JSON.stringify(body)}   (load average ${loadavg()[0]!.toFixed(1)})`)
  const begin = performance.now()
  slowest = 0
  const { jobId } = (await ask(`/api/threads/${thread}/messages`, body)) as { jobId: string }
  let last = ''
  while (performance.now() - begin < Number(values.minutes) * 60_000) {
    const { entries } = (await ask(`/api/threads/${thread}`)) as WireThread
    const reply = entries
      .flatMap((entry) => (entry.type === 'reply' && entry.reply.jobId === jobId ? [entry.reply] : []))
      .at(-1)
    const now = reply ? `${reply.state}: ${reply.parts.map(describe).join(', ')}` : 'no reply yet'
    if (now !== last) say(`${((performance.now() - begin) / 1000).toFixed(1)} s  ${now}`)
    last = now
    if (reply?.final) {
      say(`the page's slowest answer meanwhile: ${slowest.toFixed(0)} ms`)
      if (reply.state !== 'done') throw new Error(`the reply is ${reply.state}`)
      return
    }
    await sleep(100)
  }
  throw new Error(`no reply in ${values.minutes} minutes`)
}

try {
  await started()
  const { threadId } = (await ask('/api/threads', {})) as { threadId: string }
  await turn(threadId, { text: 'hello, who are you?' })
  tellMemory()
  await turn(threadId, { text: 'a fox in the snow', command: { name: 'imagine', options: { seed: 1 } } })
  tellMemory()
  await turn(threadId, { text: 'and who am I?' })
  tellMemory()
  spawnSync(process.execPath, [...program, path.join(root, 'src/cli.ts'), 'status'], { env, stdio: 'inherit' })
} finally {
  child.kill('SIGTERM')
}
