import type { Control } from '../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'

/**
 * Makes a link to the web page's mask editor for a control that has a mask field: whoever follows it acts as `person`
 * with this control, for a day. Undefined where the page is not reached from outside (no public URL).
 */
export type MaskLink = (key: ThreadKey, person: Person, control: Control) => Promise<string | undefined>
