/** The bot's fair queue with 1 to 500 jobs waiting: what one more costs, and what leaving costs. */
import { createFairQueue, type Place } from '../../../src/bot/queue.ts'
import { panelOf, reportCurves } from '../curve.ts'

const lengths = [1, 50, 100, 200, 300, 400, 500]
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** Fills a queue with `length` waiting jobs of as many threads of 40 people, then lets them all through. */
async function fill(length: number): Promise<number[]> {
  const queue = createFairQueue({ capacity: { chat: 1, draw: 1 }, perPerson: 2 })
  const { signal } = new AbortController()
  const enter = (n: number) =>
    queue.enter({
      id: `j${n}`,
      server: `s${n % 4}`,
      person: `p${n % 40}`,
      thread: `t${n}`,
      lane: 'draw',
      signal,
      onPosition: () => undefined,
    })
  global.gc?.()
  const before = process.memoryUsage().heapUsed
  const costs: number[] = []
  const places: Promise<Place>[] = []
  for (let n = 0; n <= length; n++) {
    const begin = performance.now()
    places.push(enter(n))
    costs.push(performance.now() - begin)
  }
  global.gc?.()
  const bytes = process.memoryUsage().heapUsed - before
  const ended: number[] = []
  for (let left = length + 1; left > 0; left--) {
    const place = await Promise.race(places.map(async (one, i) => ({ i, place: await one })))
    void places.splice(place.i, 1)
    const begin = performance.now()
    place.place.leave()
    ended.push(performance.now() - begin)
  }
  const total = costs.reduce((sum, ms) => sum + ms)
  return [length, median(costs.slice(-20)), total, Math.max(...ended), Math.max(0, bytes) / 1024]
}

await fill(100) // the compiler has seen it
global.gc?.()
const rows: number[][] = []
for (const length of lengths) rows.push(await fill(length))
const x = { xLabel: 'jobs waiting' }
reportCurves([
  {
    name: 'queue',
    columns: ['jobs waiting', 'one more, ms', 'all of them, ms', 'one leaves, at most ms', 'memory, KiB'],
    rows,
    panels: [
      panelOf(
        { rows },
        { title: 'Time', yLabel: 'milliseconds', ...x, lines: { 'one more': 1, 'one leaves (at most)': 3 } },
      ),
      panelOf({ rows }, { title: 'Memory', yLabel: 'KiB', ...x, lines: { queue: 4 } }),
    ],
  },
])
