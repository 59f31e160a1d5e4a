import type { Block, ThreadSettings } from './conversation.ts'
import type { AppErrorData } from './errors.ts'
import type { ControlUse, MaskShape, MaskSpec, Sides } from './inference.ts'
import type { Language } from './language.ts'
import type { Person, ThreadKey } from './thread.ts'

/** queued -> running -> posting -> done; or failed, or cancelled. Only the last three are ends. */
export type JobState = 'queued' | 'running' | 'posting' | 'done' | 'failed' | 'cancelled'

/** Work that survives a crash: stored before the platform is acknowledged, run again until its result is posted. */
export interface Job {
  readonly version: 1
  readonly id: string
  readonly key: ThreadKey
  readonly author: Person
  /** The platform's event; `id` is derived from it, so a repeated event finds this job. */
  readonly eventId: string
  readonly request: JobRequest
  /** The language that the reply's sentences are in; English when absent. */
  readonly language?: Language
  /** Its pictures go out hidden until they are pressed. */
  readonly spoiler?: boolean
  readonly state: JobState
  readonly attempts: number
  readonly createdAt: number
  readonly updatedAt: number
  /** The assistant turn that this job writes. */
  readonly replyTurnId: string
  readonly error?: AppErrorData
  /**
   * What of the reply is settled: its texts and prompts, with the pictures that are drawn and stored already. The next
   * start goes on from there.
   */
  readonly kept?: readonly Block[]
}

/** A file that the platform still holds. */
export interface Download {
  readonly url: string
  readonly name: string
  readonly sizeBytes?: number
}

/** A shape of a mask; the bytes of a drawn one lie in the blob store. */
export type StoredMaskShape =
  Exclude<MaskShape, { readonly type: 'image' }> | { readonly type: 'image'; readonly sha256: string }

/** A mask as a job keeps it. */
export type StoredMask = Omit<MaskSpec, 'shapes'> & { readonly shapes: readonly StoredMaskShape[] }

/** What was understood from words (src/bot/route-words). */
export const routeNames = [
  'chat',
  'imagine',
  'edit',
  'inpaint',
  'outpaint',
  'restore',
  'variations',
  'similar',
  'describe',
  'story',
  'illustrate',
  'design',
  'subject',
  'control',
  'again',
] as const
export type RouteName = (typeof routeNames)[number]

/** Things that are designed, each with a shape of its own. */
export const designKinds = ['logo', 'fashion', 'infographic', 'poster', 't-shirt', 'game-character'] as const
export type DesignKind = (typeof designKinds)[number]

/** What every request says that a model answers. */
interface Asked {
  /** The user turn that is answered. */
  readonly turnId: string
  readonly seed: number
  readonly drawing: ThreadSettings
  /** Attachments that are fetched before the turn is answered. */
  readonly downloads?: readonly Download[]
  /** The route that the words were given when no command or button said it, and the others that are offered. */
  readonly routed?: { readonly chosen: RouteName; readonly others: readonly RouteName[] }
}

/** Work on a picture of the thread, with the person's words (perhaps none). */
interface OnPicture extends Asked {
  /** '' until the job begins: the picture that is current then (what was asked for before may draw it). */
  readonly imageId: string
  readonly words: string
  /** Given (edited, or of the picture that is drawn once more): the language model is not asked. */
  readonly prompt?: string
}

/** What to do, decided when the event arrived (so a rerun does the same, with the same seed). */
export type JobRequest =
  /**
   * Answer the user turn `turnId`; pictures asked for in the reply are drawn with `drawing`, and `otherwise` when it asks
   * for none.
   */
  | (Asked & { readonly kind: 'chat'; readonly design?: DesignKind; readonly otherwise?: string })
  /** Draw a wish: refined by the MLLM unless `drawing.raw`. `bare`: it is a whole request and asked as it is. */
  | (Asked & { readonly kind: 'imagine'; readonly wish: string; readonly bare?: boolean })
  /** Draw a given prompt as it is (an edited one). */
  | (Asked & {
      readonly kind: 'draw'
      readonly prompt: string
      readonly wish?: string
      readonly parentImageId?: string
    })
  /** The same prompt with another seed. */
  | { readonly kind: 'redo'; readonly turnId: string; readonly imageId: string; readonly seed: number }
  /** Pictures near this one: its noise mixed with new noise; one that has no noise is drawn over anew. */
  | {
      readonly kind: 'variations'
      readonly turnId: string
      readonly imageId: string
      readonly seed: number
      readonly count: number
      readonly strength: number
      readonly drawing?: ThreadSettings
      readonly downloads?: readonly Download[]
      readonly routed?: Asked['routed']
    }
  /** Image to image: the picture drawn over, as the words say. */
  | (OnPicture & { readonly kind: 'restyle'; readonly strength?: number })
  /** Without a mask only until the attachments have come: one of them is it. */
  | (OnPicture & { readonly kind: 'inpaint'; readonly mask?: StoredMask; readonly strength?: number })
  | (OnPicture & { readonly kind: 'outpaint'; readonly growth: Growth })
  /** Change by words. With `source` and `prompt` both are given. Without `apply` the change is only proposed. */
  | (OnPicture & {
      readonly kind: 'edit'
      readonly source?: string
      readonly mask?: StoredMask
      readonly wordWeights?: Readonly<Record<string, number>>
      readonly apply: boolean
    })
  | (OnPicture & { readonly kind: 'restore'; readonly scale: 1 | 2 | 4; readonly mask?: StoredMask })
  /** A wish with the subject of the picture. */
  | (OnPicture & { readonly kind: 'subject'; readonly scale?: number })
  /** A wish along the edges of the picture. */
  | (OnPicture & Omit<ControlUse, 'image'> & { readonly kind: 'control' })
  /** `words` is what the language model is asked; `title` names the book; `pages` as the person said. */
  | (Asked & { readonly kind: 'story'; readonly words: string; readonly title: string; readonly pages?: number })
  /** One page of a book drawn anew; the others stay. `page` counts from 0, `bookTurnId` is the turn with the book. */
  | (Asked & { readonly kind: 'page'; readonly bookTurnId: string; readonly page: number })
  /** Pictures for a text, at most so many; the text stays as it is. */
  | (Asked & { readonly kind: 'illustrate'; readonly text: string; readonly pictures: number })
  | (Asked & { readonly kind: 'design'; readonly design: DesignKind; readonly words: string })
  /** An answer that needs no model (help, settings, recipe): already known. */
  | { readonly kind: 'answer'; readonly turnId: string; readonly text: string }

/** How far a side moves out: pixels, or a share of the picture's length in that direction. */
export type GrowthAmount = { readonly pixels: number } | { readonly share: number }

/** How far a picture grows: until its sides have a ratio (width over height), or by amounts at its sides. */
export type Growth =
  { readonly ratio: number } | { readonly sides: Readonly<Partial<Record<keyof Sides, GrowthAmount>>> }
