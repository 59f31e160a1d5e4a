import { readFileSync } from 'node:fs'
import { childrenOf } from '../acceptance/program.ts'

export interface MemorySample {
  /** Seconds since the start. */
  readonly at: number
  /** The bot's process. */
  readonly bot: Resident
  /** The process that runs the models; undefined while there is none. */
  readonly worker: Resident | undefined
}

/** Resident memory of a process in MB (10^6 bytes). */
export interface Resident {
  readonly total: number
  /** What it has for itself. The rest are pages of files, which the system takes back when it needs the room. */
  readonly own: number
}

/** Of a process by its id; undefined when it is gone (Linux). */
export function residentOf(pid: number): Resident | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mb = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1024) / 1e6
    return { total: mb('VmRSS'), own: mb('RssAnon') }
  } catch {
    return undefined
  }
}

/** The bot and its worker now. Throws when the bot is gone. */
export function sampleMemory(pid: number, at: number): MemorySample {
  const bot = residentOf(pid)
  if (bot === undefined) throw new Error('the bot is gone')
  const children = childrenOf(pid).flatMap((child) => residentOf(child) ?? [])
  return { at, bot, worker: children.toSorted((a, b) => b.total - a.total)[0] }
}

export interface Slope {
  /** Least squares through the samples after the warm-up, MB an hour. */
  readonly mbPerHour: number
  /** Half the width of its 95 % interval. */
  readonly plusMinus: number
  readonly meanMb: number
  readonly samples: number
}

/** The line of least squares through (seconds, MB); NaN for fewer than three points. */
export function slopeOf(points: readonly (readonly [number, number])[]): Slope {
  const n = points.length
  const mean = (which: 0 | 1) => points.reduce((sum, point) => sum + point[which], 0) / n
  const [meanX, meanY] = [mean(0), mean(1)]
  const sxx = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const sxy = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const slope = n < 3 ? NaN : sxy / sxx
  const left = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  const error = n < 3 ? NaN : Math.sqrt(left / (n - 2) / sxx)
  return { mbPerHour: slope * 3600, plusMinus: 1.96 * error * 3600, meanMb: meanY, samples: n }
}

/** Flat: the line's rise over an hour is below a tenth of the mean, or not told from none by its error. */
export const isFlat = ({ mbPerHour, plusMinus, meanMb }: Slope): boolean =>
  mbPerHour < meanMb * 0.1 || mbPerHour - plusMinus <= 0
