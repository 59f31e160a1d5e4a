import { randomBytes } from 'node:crypto'
import type { MaskLink } from '../chat/mask-link.ts'
import type { Bot } from '../../src/contract/adapter.ts'
import { AppError } from '../../src/contract/errors.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'
import { webPlatform } from './routes/thread-key.ts'

/** How long a link works. */
const lifeMs = 24 * 3600 * 1000

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
  read(token: string): Promise<MaskLinkTarget>
  /** A link works until it was used once with success. */
  use(token: string): Promise<void>
}

/**
 * Links to the mask editor for people of other platforms. The token is 192 random bits that name a note of the bot: it
 * cannot be guessed, and what it stands for cannot be changed by who has it.
 */
export function createMaskLinks(bot: () => Bot, publicUrl: string | undefined, now = Date.now): MaskLinks {
  const notes = () => bot().notes(webPlatform)
  const noteOf = (token: string): string => `mask-link:${token}`
  return {
    async make(key, person, control) {
      if (publicUrl === undefined) return undefined
      const token = randomBytes(24).toString('base64url')
      const target: MaskLinkTarget = { key, person, control, expiresAt: now() + lifeMs }
      await notes().set(noteOf(token), target)
      return new URL(`/mask/${token}`, publicUrl).href
    },
    async read(token) {
      const target = (await notes().get(noteOf(token))) as MaskLinkTarget | undefined
      if (target && target.expiresAt > now()) return target
      if (target) await notes().remove(noteOf(token))
      throw new AppError('input/not-found', {
        message: 'This link was used already, or is too old.',
        hint: 'Press the button in the chat again for a new one.',
      })
    },
    use: (token) => notes().remove(noteOf(token)),
  }
}
