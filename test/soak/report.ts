import type { LogSummary } from './log-lines.ts'
import { isFlat, type MemorySample, type Slope } from './memory.ts'
import type { Tally } from './load.ts'

export interface SoakReport {
  readonly startedAt: string
  readonly minutes: number
  readonly node: string
  readonly tallies: readonly Tally[]
  readonly disturbances: Readonly<Record<string, number>>
  /** By process, and what of it. */
  readonly memory: Readonly<Record<string, Slope>>
  readonly samples: readonly MemorySample[]
  readonly warmUpSeconds: number
  readonly log: LogSummary
  /** What is wrong, in words; nothing when the run is good. */
  readonly failures: readonly string[]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const figure = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : '-')

/** A share of the sorted numbers lies below the result. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export function toMarkdown(report: SoakReport): string {
  const { tallies, memory, disturbances, failures } = report
  const load = tallies.map(({ platform, asked, waits, cancelled, wrong }) => [
    platform,
    sum(Object.values(asked)),
    waits.length,
    wrong.length,
    cancelled,
    figure(quantile(waits, 0.5)),
    figure(quantile(waits, 0.95)),
  ])
  const slope = (name: string, one: Slope) => [
    name,
    figure(one.meanMb),
    `${figure(one.mbPerHour)} ± ${figure(one.plusMinus)}`,
    one.samples,
    Number.isNaN(one.mbPerHour) ? 'too few samples' : isFlat(one) ? 'flat' : 'rising',
  ]
  return [
    `Soak of ${report.minutes} minutes, begun ${report.startedAt}, Node ${report.node}; both stand-ins at once, embedded models.`,
    table(['platform', 'asked', 'ended', 'lost or doubled', 'cancelled', 'median s', '95 % s'], load),
    table(
      ['process', 'mean MB', `MB an hour after ${report.warmUpSeconds} s`, 'samples', ''],
      Object.entries(memory).map(([name, one]) => slope(name, one)),
    ),
    table(['what went wrong on purpose', 'times'], Object.entries(disturbances)),
    failures.length === 0 ? 'Nothing else went wrong.' : `Failures:\n\n${failures.map((one) => `- ${one}`).join('\n')}`,
  ].join('\n\n')
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
