import type { Panel } from './plot.ts'

/** What a section of bench/growth measured: a table, and panels to be drawn beside each other. */
export interface Curve {
  /** Name of the SVG file. */
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly number[])[]
  readonly panels: readonly Panel[]
}

/** A panel of columns over the first column, by their places in the rows. */
export function panelOf(
  curve: Pick<Curve, 'rows'>,
  { lines, ...labels }: Omit<Panel, 'series'> & { readonly lines: Readonly<Record<string, number>> },
): Panel {
  const series = Object.entries(lines).map(([name, column]) => ({
    name,
    points: curve.rows.map((row) => [row[0]!, row[column]!] as const),
  }))
  return { ...labels, series }
}

const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(3))

/** The curve's figures as a markdown table. */
export function tableOf({ columns, rows }: Curve): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = columns.map(() => '---')
  return [columns, rule, ...rows.map((row) => row.map(show))].map(line).join('\n')
}

/** How a section hands its curves to run.ts: the last line of what it prints. */
export const reportCurves = (curves: readonly Curve[]): void => void process.stdout.write(`${JSON.stringify(curves)}\n`)
