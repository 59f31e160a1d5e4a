/** Why something is refused, and what to do about it (when absent, the general sentence of the error's code says so). */
export interface Refusal {
  readonly message: string
  readonly hint?: string
}
