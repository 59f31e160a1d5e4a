import { randomBytes } from 'node:crypto'
import type { MaskLink } from '../chat/mask-link.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'

/** How long a link works. */
const lifeMs = 24 * 3600 * 1000
/** Links that are remembered; the oldest ones go first. */
const mostLinks = 10_000

/** What a link stands for: this person, using this control of this thread. */
export interface MaskLinkTarget {
  readonly key: ThreadKey
  readonly person: Person
  readonly control: Control
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface MaskLinks {
  readonly make: MaskLink
  /** Throws AppError `input/not-found` for a link that is unknown, used or too old. */
  read(token: string): MaskLinkTarget
  /** A link works until it was used once with success. */
  use(token: string): void
}

/**
 * Links to the mask editor for people of other platforms. The token is 192 random bits that name what is remembered here: it
 * cannot be guessed, and what it stands for cannot be changed by who has it. A restart forgets the links.
 */
export function createMaskLinks(publicUrl: string | undefined, now = Date.now): MaskLinks {
  const targets = new Map<string, MaskLinkTarget>()
  return {
    async make(key, person, control) {
      if (publicUrl === undefined) return undefined
      const token = randomBytes(24).toString('base64url')
      targets.set(token, { key, person, control, expiresAt: now() + lifeMs })
      const [oldest] = targets.keys()
      if (targets.size > mostLinks && oldest !== undefined) targets.delete(oldest)
      return new URL(`/mask/${token}`, publicUrl).href
    },
    read(token) {
      const target = targets.get(token)
      if (target && target.expiresAt > now()) return target
      targets.delete(token)
      throw new AppError('input/not-found', {
        message: 'This link was used already, or is too old.',
        hint: 'Press the button in the chat again for a new one.',
      })
    },
    use: (token) => void targets.delete(token),
  }
}
