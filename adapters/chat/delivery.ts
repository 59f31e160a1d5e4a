import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { Notes } from '../../src/contract/adapter.ts'
import type { PostedMessage } from './surface.ts'

/** Which messages of the platform show a reply: written down around every post, so that a restart goes on from there. */
export interface Delivery {
  readonly messages: readonly DeliveredMessage[]
  /** The part that is being posted: after a crash it may be there without being among `messages`. */
  readonly creating?: number
  readonly final: boolean
}

export interface DeliveredMessage {
  readonly posted: PostedMessage
  /** Of the body that it shows. */
  readonly digest: string
}

/** What a message of the platform shows. */
export interface Shown {
  readonly jobId: string
  readonly replyId: string
  readonly imageIds: readonly string[]
}

/** A reply is not shown again after so long. */
const deliveryDays = 90
/** People answer pictures, also old ones. */
const shownDays = 730

const replyKey = (replyId: string): string => `reply:${replyId}`
const messageKey = (channelId: string, messageId: string): string => `message:${channelId}/${messageId}`

export const noDelivery: Delivery = { messages: [], final: false }

export const readDelivery = async (notes: Notes, replyId: string): Promise<Delivery> =>
  ((await notes.get(replyKey(replyId))) as Delivery | undefined) ?? noDelivery

export const writeDelivery = (notes: Notes, replyId: string, delivery: Delivery): Promise<void> =>
  notes.set(replyKey(replyId), delivery, deliveryDays)

export const readShown = async (notes: Notes, channelId: string, messageId: string): Promise<Shown | undefined> =>
  (await notes.get(messageKey(channelId, messageId))) as Shown | undefined

export const writeShown = (notes: Notes, { channelId, id }: PostedMessage, shown: Shown): Promise<void> =>
  notes.set(messageKey(channelId, id), shown, shownDays)

/** Equal for equal bodies, bytes included. */
export const digestOf = (body: unknown): string => createHash('sha256').update(serialize(body)).digest('base64url')

/** At most 25 characters; the same for the same part of the same reply, always. */
export const nonceOf = (replyId: string, index: number): string =>
  createHash('sha256').update(`${replyId}/${index}`).digest('base64url').slice(0, 22)
