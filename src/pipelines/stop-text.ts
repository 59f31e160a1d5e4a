/** Lets text through until a stop string comes, which may arrive in pieces. */
export interface StopText {
  /** Takes the next piece; returns what is certain not to belong to the stop string. */
  push(text: string): string
  /** What was held back; call once, at the end. */
  end(): string
  /** Whether the stop string came: nothing passes after it. */
  readonly stopped: boolean
}

export function createStopText(stop: string): StopText {
  let held = ''
  let stopped = false
  return {
    push(text) {
      if (stopped) return ''
      const whole = held + text
      const at = whole.indexOf(stop)
      stopped = at >= 0
      const end = stopped ? at : whole.length - startLength(whole, stop)
      held = stopped ? '' : whole.slice(end)
      return whole.slice(0, end)
    },
    end() {
      const rest = held
      held = ''
      return rest
    },
    get stopped() {
      return stopped
    },
  }
}

/** Length of the longest proper beginning of `stop` that ends `text`. */
function startLength(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length
  return 0
}
