/** Rights and wrongs by name, in the order in which names came up. */
export class Score {
  readonly #counts = new Map<string, { right: number; all: number }>()

  add(name: string, right: boolean): void {
    const count = this.#counts.get(name) ?? { right: 0, all: 0 }
    this.#counts.set(name, { right: count.right + Number(right), all: count.all + 1 })
  }

  rows(): readonly { readonly name: string; readonly accuracy: number; readonly n: number }[] {
    return [...this.#counts].map(([name, { right, all }]) => ({ name, accuracy: right / all, n: all }))
  }
}

/** A table of the report: cells are shown as they are. */
export interface Table {
  readonly title: string
  readonly note?: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`

export const markdown = ({ title, note, header, rows }: Table): string =>
  `## ${title}\n${note === undefined ? '' : `${note}\n`}\n${row(header)}${row(header.map(() => '---'))}${rows.map(row).join('')}`

export const share = (value: number): string => value.toFixed(3)

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
