import type { Control, OutgoingMessage, Part, PromptWord } from '../../src/contract/outgoing.ts'
import type { Sentences } from '../../src/language/sentences.ts'
import { picturesOf } from './pictures.ts'
import { placeControls } from './place-controls.ts'
import { wordsOf } from './words.ts'

/**
 * A reply as chat platforms show it: words in order, pictures under them, buttons at the foot. Pure data: the platform's
 * format.ts writes it in its own markup, its files.ts fetches the bytes.
 */
export interface Screen {
  readonly words: readonly Words[]
  readonly pictures: readonly ScreenPicture[]
  readonly files: readonly ScreenFile[]
  /** Buttons that are shown at once. */
  readonly buttons: readonly Control[]
  /** The rest, behind menus of at most 25 entries. */
  readonly menus: readonly ScreenMenu[]
}

export type Words =
  | { readonly type: 'said' | 'notice' | 'problem' | 'progress'; readonly text: string }
  /** A prompt, shown as a quote. */
  | { readonly type: 'quote'; readonly text: string }
  /** A prompt with its changed words marked, after a label that says which it is. */
  | { readonly type: 'changed'; readonly label: string; readonly words: readonly PromptWord[] }

export interface ScreenPicture {
  /** Stays the same for the same bytes. */
  readonly id: string
  /** A stored picture by its hash (`Bot.readImage`), or a preview that is here. */
  readonly source:
    | { readonly sha256: string; readonly veilSha256?: string; readonly imageId: string }
    | { readonly bytes: Uint8Array; readonly mediaType: string }
  readonly alt: string
  readonly spoiler: boolean
  readonly sensitive: boolean
}

export interface ScreenFile {
  readonly sha256: string
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
}

export interface ScreenMenu {
  readonly label: string
  readonly controls: readonly Control[]
}

export interface ScreenOptions {
  readonly sentences: Sentences
  /** Most buttons that are shown at once; the rest goes into menus. */
  readonly buttons: number
  readonly menus: number
}

/**
 * The reply as it stands, as one screen; one with pictures of several prompts (a storybook) as a screen for each, so that
 * words and pictures stand in order.
 */
export const screensOf = (message: OutgoingMessage, options: ScreenOptions): readonly Screen[] =>
  sectionsOf(message.parts).map((parts, _index, { length }) =>
    screenOf({ ...message, parts }, length > 1 ? { ...options, menus: 1 } : options),
  )

/** Parts up to the words that follow pictures. */
function sectionsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const sections: Part[][] = [[]]
  for (const part of parts) {
    const isWords = part.type === 'text' || part.type === 'prompt'
    if (isWords && sections.at(-1)!.some(({ type }) => type === 'images')) sections.push([])
    sections.at(-1)!.push(part)
  }
  return sections
}

/** The reply as one screen. */
export function screenOf(message: OutgoingMessage, options: ScreenOptions): Screen {
  const { parts } = message
  return {
    words: wordsOf(message, options.sentences),
    pictures: picturesOf(parts),
    files: parts.flatMap((part) => (part.type === 'file' ? [part] : [])),
    ...placeControls(parts, options),
  }
}
