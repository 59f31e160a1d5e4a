import type { Person, ThreadKey } from './thread.ts'

/** A file that came with a message: its bytes, or where the platform keeps them (downloaded after acknowledging). */
export interface Attachment {
  readonly name: string
  readonly mediaType?: string
  readonly source: { readonly bytes: Uint8Array } | { readonly url: string; readonly sizeBytes?: number }
}

/** A command said explicitly (slash command, CLI verb, page form): its name and its options as the person gave them. */
export interface Command {
  readonly name: CommandName
  readonly options: Readonly<Record<string, string | number | boolean>>
}

/**
 * imagine: draw a wish. describe / similar: about the attached or current picture. edit … restore, variations, restyle
 * (image-to-image): work on it. subject: a wish with the subject of the attached or current picture; control: a wish
 * along its edges. story, illustrate, design: texts with pictures. The rest manage the thread.
 */
export const commandNames = [
  'imagine',
  'describe',
  'similar',
  'edit',
  'restyle',
  'variations',
  'inpaint',
  'outpaint',
  'restore',
  'subject',
  'control',
  'story',
  'illustrate',
  'design',
  'settings',
  'cancel',
  'undo',
  'redo',
  'branch',
  'compare',
  'recipe',
  'export',
  'forget',
  'admin',
  'help',
] as const
export type CommandName = (typeof commandNames)[number]

/** What a person wrote, with nothing of the platform left in it. */
export interface IncomingMessage {
  readonly type: 'message'
  readonly key: ThreadKey
  /** The platform's id of this event; the same id never makes a second job. */
  readonly eventId: string
  readonly author: Person
  readonly text: string
  readonly attachments: readonly Attachment[]
  readonly command?: Command
  /** The picture that this message answers (a reply to an older picture works on that one). */
  readonly replyToImageId?: string
  /** The language that the person uses the platform in, as it says it: 'en-US', 'zh-CN'. */
  readonly locale?: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

/** A control that a person used. `actionId` is one that the bot put into a Controls part. */
export interface IncomingAction {
  readonly type: 'action'
  readonly key: ThreadKey
  readonly eventId: string
  readonly author: Person
  readonly actionId: string
  /** Values of a form, where the control has one (an edited prompt; a mask as `MaskShape` strokes in JSON). */
  readonly values: Readonly<Record<string, string>>
  /** Files of a form (a mask drawn elsewhere), by the field's name. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  readonly locale?: string
  readonly receivedAt: number
}

export type Incoming = IncomingMessage | IncomingAction
