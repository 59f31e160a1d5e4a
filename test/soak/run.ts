import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makePlace, startServer, type Server } from '../acceptance/program.ts'
import { createDiscordLoad } from './discord-load.ts'
import { runLoad, type Tally } from './load.ts'
import { isInjected, summarise, type LogSummary } from './log-lines.ts'
import { isFlat, sampleMemory, slopeOf, type MemorySample } from './memory.ts'
import { pick, type SoakPlatform } from './platform.ts'
import { toMarkdown, type SoakReport } from './report.ts'
import { createSlackLoad } from './slack-load.ts'

/*
 * npm run soak -- --minutes 30 [--people 4] [--seed 1] [--platforms discord,slack] [--out docs/soak]
 * The program as `npm start` starts it, with both stand-ins at once, under mixed load; ends with 1 when something is
 * lost, doubled or complained about, or memory rises.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    people: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    platforms: { type: 'string', default: 'discord,slack' },
    out: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
const sampleEveryMs = 10_000
const disturbEveryMs = 15_000
const creators: Readonly<Record<string, (people: number) => Promise<SoakPlatform>>> = {
  discord: createDiscordLoad,
  slack: createSlackLoad,
}

const report = await soak()
const markdown = toMarkdown(report)
say(markdown)
if (values.out !== undefined) {
  writeFileSync(`${values.out}.json`, `${JSON.stringify(report, undefined, 1)}\n`)
  writeFileSync(`${values.out}.md`, `${markdown}\n`)
}
process.exitCode = report.failures.length === 0 ? 0 : 1

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function soak(): Promise<SoakReport> {
  const startedAt = new Date().toISOString()
  const platforms = await Promise.all(values.platforms.split(',').map((name) => creators[name]!(Number(values.people))))
  const place = makePlace('soak')
  const variables = Object.assign({}, ...platforms.map((platform) => platform.variables)) as Record<string, string>
  // what is kept of conversations is full before the warm-up ends: what grows after that is a leak
  const server = await startServer(place, { ...variables, LLMGA_LOG_LEVEL: 'info', LLMGA_CHAT_MEMORY: '64' })
  try {
    await connected(platforms)
    const run = await underLoad(platforms, server)
    const complaints = platforms.flatMap((platform) => platform.complaints())
    server.signal('SIGTERM')
    await server.exit
    return summary({ startedAt, ...run, log: summarise(server.stderr()), complaints })
  } finally {
    server.signalAll('SIGKILL')
    await server.exit
    await Promise.all(platforms.map((platform) => platform.close()))
    place.remove()
  }
}

async function connected(platforms: readonly SoakPlatform[]): Promise<void> {
  for (const end = Date.now() + 60_000; !platforms.every((platform) => platform.connected()); await sleep(100))
    if (Date.now() > end) throw new Error('the bot has not connected to every platform within a minute')
}

interface Run {
  readonly tallies: readonly Tally[]
  readonly samples: readonly MemorySample[]
  readonly disturbances: Readonly<Record<string, number>>
}

async function underLoad(platforms: readonly SoakPlatform[], server: Server): Promise<Run> {
  const random = randomFrom(Number(values.seed))
  const start = Date.now()
  const until = start + minutes * 60_000
  const samples: MemorySample[] = []
  const disturbances: Record<string, number> = {}
  const sample = () => samples.push(sampleMemory(server.pid, (Date.now() - start) / 1000))
  sample()
  const sampler = setInterval(sample, sampleEveryMs)
  const disturber = setInterval(() => {
    if (Date.now() > until) return
    const platform = pick(platforms, random)
    const what = `${platform.name}: ${platform.disturb(random)}`
    disturbances[what] = (disturbances[what] ?? 0) + 1
    say(
      `${Math.round((Date.now() - start) / 1000)} s  ${what}  (bot ${samples.at(-1)!.bot.own.toFixed(0)} MB of its own)`,
    )
  }, disturbEveryMs)
  try {
    const tallies = await Promise.all(
      platforms.map((platform) => runLoad(platform, { random, until, limitMs: 180_000 })),
    )
    return { tallies, samples, disturbances }
  } finally {
    clearInterval(sampler)
    clearInterval(disturber)
  }
}

function summary(given: Run & { startedAt: string; log: LogSummary; complaints: readonly string[] }): SoakReport {
  const { samples, tallies, log, complaints } = given
  const warmUpSeconds = Math.round(Math.min(600, minutes * 20)) // a third, at most ten minutes
  const late = samples.filter(({ at }) => at >= warmUpSeconds)
  const slope = (mbOf: (sample: MemorySample) => number | undefined) =>
    slopeOf(late.flatMap((sample) => [[sample.at, mbOf(sample)] as const].filter(isMeasured)))
  const memory = {
    bot: slope(({ bot }) => bot.total),
    'bot, its own': slope(({ bot }) => bot.own),
    worker: slope(({ worker }) => worker?.total),
  }
  const rising = [memory['bot, its own'], memory.worker].filter((one) => late.length > 30 && !isFlat(one))
  const failures = [
    ...tallies.flatMap(({ wrong }) => wrong),
    ...complaints,
    ...Object.keys(log.errors).filter((line) => !isInjected(line)),
    ...log.others.filter((line) => /unhandled|Error/i.test(line)),
    ...rising.map(({ mbPerHour }) => `memory rises by ${mbPerHour.toFixed(0)} MB an hour`),
  ]
  const { startedAt, disturbances } = given
  const node = process.version
  return { startedAt, minutes, node, tallies, disturbances, memory, samples, warmUpSeconds, log, failures }
}

function isMeasured(point: readonly [number, number | undefined]): point is readonly [number, number] {
  return point[1] !== undefined
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
