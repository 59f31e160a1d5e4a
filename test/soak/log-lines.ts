/** A line of the bot's JSON log. */
export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly err?: { readonly message?: string }
}

export interface LogSummary {
  /** Lines of level error or above, by words, with their count. */
  readonly errors: Readonly<Record<string, number>>
  readonly warnings: Readonly<Record<string, number>>
  /** What stands on stderr and is no line of the log: a stack, an unhandled rejection. */
  readonly others: readonly string[]
}

/** What was put in by the disturbances: statuses, closed connections, silence that was asked for. */
const injected =
  /\b(429|500|502|503)\b|rate.?limit|retry|fetch failed|terminated|socket|ECONNRESET|closed|timeout|aborted/i

export const isInjected = (line: string): boolean => injected.test(line)

export function summarise(stderr: string): LogSummary {
  const errors: Record<string, number> = {}
  const warnings: Record<string, number> = {}
  const others: string[] = []
  for (const text of stderr.split('\n').filter((line) => line.trim() !== '')) {
    const line = parse(text)
    if (!line) others.push(text)
    else if (line.level >= 40) {
      const words = line.err?.message === undefined ? line.msg : `${line.msg}: ${line.err.message}`
      const list = line.level >= 50 ? errors : warnings
      list[words] = (list[words] ?? 0) + 1
    }
  }
  return { errors, warnings, others }
}

function parse(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<LogLine>
    return typeof line.level === 'number' && typeof line.msg === 'string' ? (line as LogLine) : undefined
  } catch {
    return undefined
  }
}
