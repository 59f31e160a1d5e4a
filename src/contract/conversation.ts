import type { AppErrorData } from './errors.ts'
import type { EditEngine, LoraUse, PictureDetails, SamplerName } from './inference.ts'
import type { Language } from './language.ts'
import type { Operation, Recipe } from './recipe.ts'
import type { Person, ThreadKey } from './thread.ts'

/** Version of the stored form of a thread. Older ones are migrated when read, newer ones refused. */
export const conversationVersion = 1

/** A thread: a tree of turns (undo and branch move `headTurnId`) and a tree of pictures. */
export interface ConversationState {
  readonly version: typeof conversationVersion
  readonly key: ThreadKey
  readonly owner: Person
  readonly title: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly updatedAt: number
  readonly turns: Readonly<Record<string, Turn>>
  /** The newest turn of the history that is shown; its parents are the rest. */
  readonly headTurnId?: string
  readonly images: Readonly<Record<string, ImageNode>>
  /** The current picture: what "it" means. */
  readonly headImageId?: string
  readonly settings: ThreadSettings
}

export interface Turn {
  readonly id: string
  readonly parentId?: string
  readonly role: 'user' | 'assistant'
  readonly author?: Person
  readonly blocks: readonly Block[]
  readonly jobId: string
  readonly createdAt: number
  /** The current picture after this turn. */
  readonly headImageId?: string
  /** Why an assistant turn is incomplete. */
  readonly error?: AppErrorData
  /** A remark of the bot beside the answer; never shown to the model. */
  readonly notice?: string
  /** Help, settings, a recipe: shown to people, not to the model. */
  readonly aside?: boolean
  /** The part of a picture that the person marked in this turn: a grey PNG in the blob store. */
  readonly mask?: { readonly imageId: string; readonly sha256: string }
  /** An edit that waits for approval; until then nothing was drawn, and the model is not shown this exchange. */
  readonly proposal?: Proposal
  /** Pictures of the thread that this answer shows side by side. */
  readonly compared?: readonly string[]
  /** The pages of a storybook as they stand after this turn. */
  readonly book?: Book
  /** Files that came of this turn: their bytes lie in the blob store. */
  readonly files?: readonly StoredFile[]
}

/** What an edit would do: the picture, the prompt of what it shows, that of what it is to show, and the mask. */
export interface Proposal {
  readonly imageId: string
  readonly source: string
  readonly prompt: string
  readonly maskSha256?: string
}

/** A text with pictures, in order. */
export interface Book {
  readonly title: string
  readonly pages: readonly BookPage[]
}

export interface BookPage {
  readonly text: string
  /** Absent on a page without a picture. */
  readonly prompt?: string
  readonly imageId?: string
}

export interface StoredFile {
  readonly name: string
  readonly mediaType: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** Pieces of a turn in order: text, uploaded pictures, and prompts with the pictures drawn from them. */
export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'upload'; readonly imageId: string }
  | { readonly type: 'picture'; readonly prompt: string; readonly imageIds: readonly string[] }

/** One picture of a thread. The bytes lie in the blob store under `sha256`. */
export interface ImageNode {
  readonly id: string
  /** The picture that it was made from. */
  readonly parentId?: string
  readonly turnId: string
  readonly sha256: string
  readonly mediaType: string
  readonly width: number
  readonly height: number
  readonly operation: 'upload' | 'redo' | 'variation' | Operation
  readonly recipe?: Recipe
  /** What was drawn anew: a grey PNG in the blob store. */
  readonly maskSha256?: string
  readonly details?: Omit<PictureDetails, 'maskPng'>
  /** Found not safe for work where the policy is to blur; pictures made from it are looked at themselves. */
  readonly sensitive?: boolean
  /** Goes out hidden until it is pressed. */
  readonly spoiler?: boolean
  /** File name of an upload. */
  readonly name?: string
  readonly author: Person
  readonly createdAt: number
  readonly deletedAt?: number
}

/** What a person may set for a thread; absent means the preset's or the bot's default. */
export interface ThreadSettings {
  readonly steps?: number
  readonly guidanceScale?: number
  readonly sampler?: SamplerName
  readonly negativePrompt?: string
  readonly width?: number
  readonly height?: number
  readonly count?: number
  readonly style?: string
  /** Draw the words as they are, without the MLLM's refinement. */
  readonly raw?: boolean
  /** Show prompts and mask of an edit and wait for approval before it is applied. */
  readonly confirm?: boolean
  readonly engine?: EditEngine
  /** How far edits go: 0 almost nothing, 0.5 as the paper, 1 as much as it goes. */
  readonly strength?: number
  /** Let DiffRIR go over seams; default true. */
  readonly restore?: boolean
  readonly loras?: readonly LoraUse[]
  /** Models by their presets' names, where the thread does not use those in force. */
  readonly mllm?: string
  readonly t2i?: string
  readonly inpaint?: string
  /** The language of the bot's own sentences; absent: that of the words, else of the person's platform. */
  readonly language?: Language
  /** Pictures go out behind a spoiler. */
  readonly spoiler?: boolean
}
