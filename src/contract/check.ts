/** One thing that `llmga doctor` looked at. */
export interface Check {
  /** What was looked at, in a few words. */
  readonly name: string
  /** skipped: it could not be looked at (what it needs is not set, or failed before). */
  readonly ok: boolean | 'skipped'
  /** What was found; never a token. */
  readonly detail: string
  /** One sentence: what to do about it. */
  readonly fix?: string
}
