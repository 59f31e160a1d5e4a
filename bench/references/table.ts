/** Measured figures as a table: each with the references' ratios, a reference's time by ours. */
import { relativeError, type Measured } from './alternate.ts'

const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))

const gibibyte = 2 ** 30

function cell(name: string, value: number | undefined): string {
  if (value === undefined) return ''
  if (name === 'peakBytes') return `${show(value / gibibyte)} GiB`
  if (name.endsWith(' ms a token')) return `${show(1000 / value)} tokens/s`
  return `${show(value)} ${name.split(' ').at(-1)}`
}

const title = (name: string): string => (name === 'peakBytes' ? 'peak memory' : name.replace(/ (ms a token|\S+)$/, ''))

/** Whether a figure is a rate that has no better direction for a ratio of times. */
const isRate = (name: string): boolean => name.endsWith('GFLOP/s')

/** A Markdown table of a case; `ours` is the first. A ratio above 1 means that ours is faster, or needs less. */
export function table(caseName: string, [ours, ...references]: readonly Measured[]): string {
  if (!ours) return ''
  const names = [...new Set([ours, ...references].flatMap(({ figures }) => Object.keys(figures)))]
  const heads = references.flatMap(({ name }) => [name, 'ratio'])
  const rows = names.map((name) => {
    const own = ours.figures[name]
    const cells = references.flatMap(({ figures }) => [cell(name, figures[name]), ratio(name, figures[name], own)])
    return [title(name), cell(name, own), ...cells]
  })
  const errors = references.flatMap(({ outputs }) => ['', difference(ours.outputs, outputs)])
  const lines = [
    [caseName, ours.name, ...heads],
    ['---', '---', ...heads.map(() => '---')],
    ...rows,
    ['relative difference of the outputs', '', ...errors],
  ]
  return `\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** Nothing where an engine gives no outputs that can be compared. */
const difference = (own: readonly number[], theirs: readonly number[]): string =>
  own.length === theirs.length && own.length > 1 ? relativeError(own, theirs).toExponential(1) : ''

function ratio(name: string, theirs: number | undefined, own: number | undefined): string {
  if (theirs === undefined || own === undefined) return ''
  return (isRate(name) ? own / theirs : theirs / own).toFixed(2)
}
