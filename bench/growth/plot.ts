/** Small line charts as SVG: no library, legible on light and on dark ground. */

/** One line of a panel. */
export interface Series {
  readonly name: string
  /** [x, y] in the order of x. */
  readonly points: readonly (readonly [number, number])[]
}

/** One chart: y over x from 0, both linear. */
export interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
}

const size = { width: 400, height: 260 }
const margin = { left: 58, right: 18, top: 40, bottom: 44 }
const plot = {
  width: size.width - margin.left - margin.right,
  height: size.height - margin.top - margin.bottom,
}
/** The first two of Okabe and Ito's colours that hold on white and on black alike, and a grey. */
const colours = ['#0072b2', '#d55e00', '#7f7f7f']

const style = `
text { font: 11px system-ui, sans-serif; fill: #57606a }
.title { font-size: 13px; font-weight: 600; fill: #24292f }
.grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117 } text { fill: #9aa4ae } .title { fill: #e6edf3 } .grid { stroke: #30363d }
}`

/** Steps of 1, 2 or 5 times a power of ten: about `count` of them up to `most`. */
export function ticksTo(most: number, count = 5): readonly number[] {
  const raw = (most || 1) / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10)
  return Array.from({ length: Math.ceil((most || 1) / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)))
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

interface Scales {
  readonly x: (value: number) => string
  readonly y: (value: number) => string
}

function lineOf({ name, points }: Series, index: number, { x, y }: Scales, isNamed: boolean): string {
  const colour = colours[index % colours.length]!
  const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')
  const dots = points.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="2.5" fill="${colour}"/>`).join('')
  const at = margin.top + 8 + index * 15
  const legend = `<rect x="${margin.left + 8}" y="${at - 4}" width="14" height="3" fill="${colour}"/>
<text x="${margin.left + 27}" y="${at + 1}">${escape(name)}</text>`
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${isNamed ? legend : ''}`
}

function panelSvg({ title, xLabel, yLabel, series }: Panel, left: number): string {
  const all = series.flatMap(({ points }) => points)
  const xTicks = ticksTo(Math.max(...all.map(([px]) => px)))
  const yTicks = ticksTo(Math.max(...all.map(([, py]) => py)))
  const x = (value: number) => (margin.left + (value / xTicks.at(-1)!) * plot.width).toFixed(1)
  const y = (value: number) => (margin.top + (1 - value / yTicks.at(-1)!) * plot.height).toFixed(1)
  const end = margin.left + plot.width
  const bottom = margin.top + plot.height
  const grid = yTicks.map(
    (tick) => `<line class="grid" x1="${margin.left}" x2="${end}" y1="${y(tick)}" y2="${y(tick)}"/>
<text x="${margin.left - 6}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick}</text>`,
  )
  const below = xTicks.map((tick) => `<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`)
  return `<g transform="translate(${left} 0)">
<text class="title" x="${margin.left}" y="16">${escape(title)}</text>
<text x="${margin.left}" y="31">${escape(yLabel)}</text>
<text x="${end}" y="${bottom + 34}" text-anchor="end">${escape(xLabel)}</text>
${[...grid, ...below, ...series.map((one, i) => lineOf(one, i, { x, y }, series.length > 1))].join('\n')}
</g>`
}

/** Panels beside each other, as one SVG file. */
export function chartSvg(panels: readonly Panel[]): string {
  const width = size.width * panels.length
  const labels = panels.map(({ title }) => escape(title)).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${size.height}" width="${width}" height="${size.height}" role="img" aria-label="${labels}">
<style>${style}
</style>
${panels.map((panel, i) => panelSvg(panel, i * size.width)).join('\n')}
</svg>
`
}
