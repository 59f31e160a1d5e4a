import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { getPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { InferenceEvent, InferenceRequest } from '../../src/contract/inference.ts'
import { collect, openDoor, recordingLog } from './door.ts'
import { chatOf, drawingOf, type Death } from './plan.ts'

const { log, lines } = recordingLog()
const door = openDoor('./worker-program.ts', log)
afterAll(() => door.stop())

const ask = (request: InferenceRequest, signal?: AbortSignal) => collect(door.run(request, signal ? { signal } : {}))
const quick = chatOf({ tokens: 1, ms: 1 })

async function workerPid(): Promise<number> {
  const last = (await ask(quick)).at(-1)
  if (last?.type !== 'done') throw new Error(`the worker does not answer: ${JSON.stringify(last)}`)
  return last.result.timings['pid']!
}

describe('a request', () => {
  it('gives all its events in order, from started to done', async () => {
    const events = await ask(chatOf({ tokens: 200, ms: 0 }))
    const words = Array.from({ length: 200 }, (_, i) => ({ type: 'text', text: `${i} ` }))
    expect(events.slice(0, -1)).toEqual([{ type: 'started' }, ...words])
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { tokens: { prompt: 1, generated: 200 } } })
  })

  it('takes turns with another: words come between steps, steps between words', async () => {
    await Promise.all([ask(quick), ask(drawingOf(1, 1))]) // both models are in memory from here
    const order: string[] = []
    const note = async (name: string, request: InferenceRequest) => {
      for await (const { type } of door.run(request)) if (type === 'text' || type === 'step') order.push(name)
    }
    await Promise.all([note('D', drawingOf(6, 40)), note('c', chatOf({ tokens: 60, ms: 8 }))])
    const wordsBetweenSteps = order.join('').split('D').slice(1, -1)
    expect(wordsBetweenSteps).toHaveLength(5)
    for (const words of wordsBetweenSteps) {
      expect(words.length).toBeGreaterThan(0)
      expect(words.length).toBeLessThan(12)
    }
  })

  it('ends within one step of its cancellation, and the next one runs', async () => {
    const abort = new AbortController()
    let stepsAfter = 0
    let last: InferenceEvent | undefined
    for await (const event of door.run(drawingOf(1000, 100), { signal: abort.signal })) {
      if (event.type === 'step' && abort.signal.aborted) stepsAfter += 1
      if (event.type === 'step' && event.step === 3) abort.abort()
      last = event
    }
    expect(last).toMatchObject({ type: 'error', error: { code: 'inference/cancelled' } })
    expect(stepsAfter).toBeLessThanOrEqual(1)
    expect((await ask(quick)).at(-1)?.type).toBe('done')
  })

  it('is cancelled when its reader leaves, and never sent when it was cancelled before', async () => {
    for await (const { type } of door.run(drawingOf(1000, 20))) if (type === 'step') break
    await expect.poll(async () => (await door.status()).running).toBe(0)
    const events = await ask(quick, AbortSignal.abort())
    expect(events).toEqual([
      { type: 'error', error: expect.objectContaining({ code: 'inference/cancelled' }) as object },
    ])
  })

  it('loses no step to a slow reader, and keeps the newest preview only', async () => {
    const events = door.run(drawingOf(30, 1))
    await expect.poll(async () => (await door.status()).running).toBe(0)
    const steps = (await collect(events)).filter((event) => event.type === 'step')
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    expect(steps.filter(({ preview }) => preview !== undefined).map(({ step }) => step)).toEqual([30])
    expect(Buffer.alloc(1_000_000, 30).equals(steps.at(-1)!.preview!.bytes)).toBe(true)
  })

  it.each<[string, Death, object]>([
    [
      'its own error',
      'fail',
      { code: 'weights/corrupt', message: 'x.bin: cut off', hint: 'Copy it.', retryable: false },
    ],
    ['a bug', 'throw', { code: 'inference/failed', message: 'a bug in the pipeline', retryable: false }],
    ['an allocation that failed', 'exhaust-memory', { code: 'inference/out-of-memory', retryable: true }],
  ])('that fails by %s says so, without a stack, and the worker stays', async (_what, how, error) => {
    const before = await workerPid()
    const last = (await ask(chatOf({ tokens: 9, ms: 1, dieAt: 2, how }))).at(-1)
    expect(last).toMatchObject({ type: 'error', error })
    expect(JSON.stringify(last)).not.toContain('worker-program.ts')
    expect(await workerPid()).toBe(before)
  })

  it('leaves the stack of a bug in the log, in a line of the worker', () => {
    const line = lines.find(({ err }) => JSON.stringify(err)?.includes('a bug in the pipeline'))
    expect(line).toMatchObject({ component: 'worker', level: 50, msg: 'request failed' })
    expect((line?.['err'] as { stack: string }).stack).toContain('worker-program.ts')
  })
})

describe('the bot', () => {
  it('goes on with its own work while the worker computes and sends large previews', async () => {
    await workerPid()
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const words = ask(chatOf({ tokens: 30, ms: 10 }))
    const steps = await ask(drawingOf(10, 60))
    await words
    clearInterval(timer)
    expect(steps.at(-1)?.type).toBe('done')
    // Held by a step it would tick about once a step; how long its pauses are is measured by the bench.
    expect(ticks).toBeGreaterThan(20)
  })

  it('goes before the worker where they compete for a core', async () => {
    expect(getPriority(await workerPid())).toBeGreaterThan(getPriority())
  })

  it('sees which models are in memory and what the worker takes', async () => {
    await ask(drawingOf(1, 1))
    expect(await door.status()).toMatchObject({
      worker: 'ready',
      device: 'cpu',
      running: 0,
      resident: expect.arrayContaining([
        expect.objectContaining({ role: 't2i', name: 'llmga-tiny', bytes: 0, loaded: true }),
      ]) as object,
    })
    expect((await door.status()).processBytes).toBeGreaterThan(20e6)
  })

  it('is not answered late about a worker that is busy', async () => {
    const busy = ask(drawingOf(1, 2500))
    await sleep(200)
    const begin = performance.now()
    expect(await door.status()).toMatchObject({ worker: 'ready', running: 1 })
    expect(performance.now() - begin).toBeLessThan(2000)
    await busy
  })
})

describe('a worker', () => {
  it('stays when the terminal or a service manager signals the whole group', async () => {
    const pid = await workerPid()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
    await sleep(50)
    expect(await workerPid()).toBe(pid)
  })

  it.each<[string, Death, string, RegExp]>([
    ['aborts', 'abort', 'inference/worker-crashed', /SIGABRT/],
    ['throws outside of a request', 'uncaught', 'inference/worker-crashed', /TypeError: thrown outside/],
    ['is killed', 'kill', 'inference/out-of-memory', /SIGKILL/],
    ['says what nobody understands', 'unknown-event', 'internal', /unknown message/],
  ])('that %s ends its requests with a clear code and is replaced', async (_what, how, code, message) => {
    const before = await workerPid()
    const { restarts } = await door.status()
    const bystander = ask(drawingOf(1000, 5))
    const events = await ask(chatOf({ tokens: 9, ms: 1, dieAt: 2, how }))
    expect(events.slice(0, 4)).toEqual([
      { type: 'started' },
      ...['0 ', '1 ', '2 '].map((text) => ({ type: 'text', text })),
    ])
    const error = { code, message: expect.stringMatching(message) as string }
    expect(events.at(-1)).toMatchObject({ type: 'error', error })
    expect((await bystander).at(-1)).toMatchObject({ type: 'error', error })
    expect(await door.status()).toMatchObject({ worker: 'restarting', running: 0, resident: [] })
    expect(await workerPid()).not.toBe(before)
    expect((await door.status()).restarts).toBe(restarts + 1)
  })

  it('that dies idle fails nobody: a request that comes before its end is known waits for the next', async () => {
    const pid = await workerPid()
    process.kill(pid, 'SIGKILL')
    const abort = new AbortController()
    const dropped = ask(quick, abort.signal)
    const kept = ask(quick)
    abort.abort()
    expect(await dropped).toMatchObject([{ type: 'error', error: { code: 'inference/cancelled' } }])
    expect((await kept).map(({ type }) => type)).toEqual(['started', 'text', 'done'])
    expect(await workerPid()).not.toBe(pid)
  })

  it('that exhausts its heap ends its request with inference/out-of-memory and is replaced', async () => {
    const small = openDoor('./worker-program.ts', log, { nodeOptions: ['--max-old-space-size=60'] })
    const last = (await collect(small.run(chatOf({ tokens: 9, ms: 1, dieAt: 0, how: 'exhaust-heap' })))).at(-1)
    expect(last).toMatchObject({ type: 'error', error: { code: 'inference/out-of-memory', retryable: true } })
    expect((await collect(small.run(quick))).at(-1)?.type).toBe('done')
    await small.stop()
  })

  it('that cannot start is tried a few times, then its requests fail with the reason, as do later ones', async () => {
    const stillborn = openDoor('./stillborn-program.ts', log)
    const error = { code: 'inference/worker-crashed', message: expect.stringContaining('libonnxruntime') as string }
    expect(await collect(stillborn.run(quick))).toMatchObject([{ type: 'error', error }])
    const { restarts } = await stillborn.status()
    expect(restarts).toBe(3)
    expect(await collect(stillborn.run(quick))).toMatchObject([{ type: 'error', error }])
    expect(await stillborn.status()).toMatchObject({ worker: 'stopped', restarts: 4 })
    await stillborn.stop()
  })

  it('leaves after its current step when the bot is killed', async () => {
    const bot = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./parent-program.ts', import.meta.url))],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [said] = (await once(bot.stdout, 'data')) as [Buffer]
    const pid = Number(said.toString())
    expect(isAlive(pid)).toBe(true)
    bot.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 3000 }).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('stop', () => {
  it('finishes what runs, refuses what comes later, and lets the worker leave', async () => {
    const closing = openDoor('./worker-program.ts', log)
    const running = collect(closing.run(chatOf({ tokens: 20, ms: 5 })))
    const stopped = closing.stop()
    const late = await collect(closing.run(quick))
    expect(late).toMatchObject([{ type: 'error', error: { code: 'inference/cancelled', retryable: true } }])
    await stopped
    const last = (await running).at(-1)
    expect(last).toMatchObject({ type: 'done', result: { tokens: { generated: 20 } } })
    expect(isAlive(last?.type === 'done' ? last.result.timings['pid']! : 0)).toBe(false)
    expect(await closing.status()).toMatchObject({ worker: 'stopped', running: 0 })
    expect(closing.stop()).toBe(closing.stop())
  })
})
