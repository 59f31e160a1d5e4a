import type { MaskLink } from '../chat/mask-link.ts'

export interface DiscordOptions {
  readonly token: string
  /** Without the version: https://discord.com/api. The gateway's address comes from there. */
  readonly apiUrl: string
  readonly cdnUrl: string
  /** Ask for the privileged Message Content intent: plain messages in the bot's threads are read. */
  readonly messageContent: boolean
  /** Ids of the servers that are served; empty: all of them. */
  readonly servers: readonly string[]
  /** Ids of channels; a thread counts as its channel. */
  readonly channels: readonly string[]
  /** Ids of roles, one of which a person has to have. */
  readonly roles: readonly string[]
  readonly maskLink?: MaskLink
  readonly timing?: DiscordTiming
}

/** Waits, in milliseconds. */
export interface DiscordTiming {
  /** Shortest time between two live states in one thread. */
  readonly editMs: number
  /** Shortest time between two previews in one reply: each is an upload. */
  readonly previewMs: number
  /** A request to Discord is given up after this. */
  readonly requestMs: number
  /** The first wait before connecting again; doubled each time up to `reconnectMaxMs`. */
  readonly reconnectMs: number
  readonly reconnectMaxMs: number
}

export const usualTiming: DiscordTiming = {
  editMs: 1500,
  previewMs: 4000,
  requestMs: 30_000,
  reconnectMs: 1000,
  reconnectMaxMs: 300_000,
}

/** Discord's version of its interface that this adapter speaks. */
export const apiVersion = '10'

/** Discord's limits. */
export const discordLimits = {
  text: 2000,
  buttonsPerRow: 5,
  rows: 5,
  attachments: 10,
  /** Characters of a picture's alternative text. */
  description: 1024,
  threadName: 100,
  customId: 100,
  modalFields: 5,
  modalText: 4000,
  modalTitle: 45,
  fieldLabel: 45,
  fieldHint: 100,
  optionLabel: 100,
  buttonLabel: 80,
  commandText: 6000,
  commandOptions: 25,
} as const
