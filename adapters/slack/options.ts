import type { MaskLink } from '../chat/mask-link.ts'

export const slackPlatform = 'slack'

export interface SlackOptions {
  /** Bot User OAuth Token: xoxb-… */
  readonly botToken: string
  /** App-level token with connections:write (xapp-…): events come over Socket Mode. */
  readonly appToken?: string | undefined
  /** Events come as signed requests to `handleHttp`. */
  readonly signingSecret?: string | undefined
  /** https://slack.com/api/; the address of Socket Mode comes from there. */
  readonly apiUrl: string
  /** Ids of the channels that are served, 'im' for direct messages; empty: all of them. */
  readonly channels: readonly string[]
  readonly maskLink?: MaskLink | undefined
  readonly timing?: Partial<SlackTiming> | undefined
}

/** Waits, in milliseconds. */
export interface SlackTiming {
  /** Shortest time between two live states in one thread. */
  readonly editMs: number
  /** Shortest time between two messages or edits in one channel: Slack allows about one a second. */
  readonly channelMs: number
  /** Shortest time between two previews in one reply: each is an upload of four requests. */
  readonly previewMs: number
  /** A request to Slack is given up after this. */
  readonly requestMs: number
  /** Between two questions whether Slack has finished with a file, doubled each time. */
  readonly filePollMs: number
  /** The first wait before connecting again; doubled each time up to `reconnectMaxMs`. */
  readonly reconnectMs: number
  readonly reconnectMaxMs: number
}

export const usualTiming: SlackTiming = {
  editMs: 1200,
  channelMs: 1000,
  previewMs: 3000,
  requestMs: 30_000,
  filePollMs: 250,
  reconnectMs: 1000,
  reconnectMaxMs: 300_000,
}

/** Whether the bot answers in a channel. */
export const isAllowed = ({ channels }: Pick<SlackOptions, 'channels'>, channelId: string): boolean =>
  channels.length === 0 || channels.includes(isDirect(channelId) ? 'im' : channelId)

/** A conversation of one person with the bot; its id says so. */
export const isDirect = (channelId: string): boolean => channelId.startsWith('D')

/** Slack's limits, in characters where nothing else is said. */
export const slackLimits = {
  section: 3000,
  context: 2000,
  /** The `text` beside blocks: chat.update takes no more than 4,000. */
  fallback: 3000,
  blocks: 50,
  /** Of all blocks of a message together: far below what Slack still takes. */
  message: 9000,
  /** What a stream takes in all. */
  stream: 12_000,
  altText: 1000,
  buttonLabel: 75,
  optionLabel: 75,
  placeholder: 150,
  modalTitle: 24,
  modalText: 3000,
  modalMetadata: 3000,
  fieldLabel: 2000,
  imageBytes: 8 * 2 ** 20,
  fileBytes: 64 * 2 ** 20,
} as const
