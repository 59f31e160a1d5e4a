/** A reply of LLMGA, taken apart. */
export interface GenImageReply {
  /** What the person reads: the texts around the blocks, trimmed, joined by line feeds. */
  readonly text: string
  /** The prompt of each block that holds one, in order. */
  readonly prompts: readonly string[]
}

/**
 * A part of a reply, in the order of the reply. The texts of all `text` events joined are `GenImageReply.text`; block n
 * is `prompts[n]`, and the texts of its `prompt` events joined are its prompt. A block without a prompt has no events.
 */
export type GenImageEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'prompt-open'; readonly block: number }
  | { readonly type: 'prompt'; readonly block: number; readonly text: string }
  | { readonly type: 'prompt-close'; readonly block: number; readonly prompt: string }

export interface GenImageParser {
  /** Takes the next piece of the reply, of any length, and returns what is certain by now. */
  push(chunk: string): GenImageEvent[]
  /** The rest; call once, at the end of the reply. */
  end(): GenImageEvent[]
}

export const genImageOpen = '<gen_image>'
export const genImageClose = '</gen_image>'
/** Splits a text into parts and, at the odd places, tags. */
const tags = /(<\/?gen_image>)/
/** What surrounds a text or a prompt without belonging to it. */
const blankCharacters = ' \t\r\n\u00A0\u3000'

/**
 * Takes a whole reply apart. The tags are exact and case-sensitive; text after an opening tag belongs to a prompt until
 * the next tag of either kind or the end; a stray closing tag only separates. A closing tag that was cut off (two
 * characters at least) is removed from the end of an unclosed block. Each part is trimmed, empty ones are dropped.
 */
export function parseGenImage(reply: string): GenImageReply {
  const texts: string[] = []
  const prompts: string[] = []
  const parts = reply.split(tags)
  parts.forEach((part, i) => {
    if (i % 2 === 1) return
    const inBlock = parts[i - 1] === genImageOpen
    const isCutOff = inBlock && i === parts.length - 1
    const trimmed = trimBlanks(isCutOff ? part.slice(0, part.length - cutOffLength(part)) : part)
    if (trimmed !== '') (inBlock ? prompts : texts).push(trimmed)
  })
  return { text: texts.join('\n'), prompts }
}

/** Takes a reply apart while it arrives: tags never leak into the texts, however they are cut. */
export function createGenImageParser(): GenImageParser {
  let inBlock = false
  let blocks = 0
  let hasText = false
  /** The beginning of a tag, perhaps. */
  let undecided = ''
  /** The current part as far as it is emitted, and the blanks after it, which are emitted only before more of it. */
  let part = ''
  let blanks = ''

  function* emit(text: string): Generator<GenImageEvent> {
    const whole = part === '' ? text.slice(startAfterBlanks(text)) : blanks + text
    const shown = whole.slice(0, endBeforeBlanks(whole))
    blanks = whole.slice(shown.length)
    if (shown === '') return
    if (inBlock) {
      if (part === '') yield { type: 'prompt-open', block: blocks }
      yield { type: 'prompt', block: blocks, text: shown }
    } else {
      yield { type: 'text', text: part === '' && hasText ? `\n${shown}` : shown }
      hasText = true
    }
    part += shown
  }
  function* endPart(): Generator<GenImageEvent> {
    if (inBlock && part !== '') yield { type: 'prompt-close', block: blocks++, prompt: part }
    part = ''
    blanks = ''
  }
  function* consume(chunk: string): Generator<GenImageEvent> {
    const pieces = (undecided + chunk).split(tags)
    for (const [i, piece] of pieces.entries()) {
      if (i % 2 === 1) {
        yield* endPart()
        inBlock = piece === genImageOpen
        continue
      }
      const held = i === pieces.length - 1 ? tagStartLength(piece) : 0
      undecided = piece.slice(piece.length - held)
      yield* emit(piece.slice(0, piece.length - held))
    }
  }
  function* finish(): Generator<GenImageEvent> {
    yield* emit(inBlock ? undecided.slice(0, undecided.length - cutOffLength(undecided)) : undecided)
    undecided = ''
    yield* endPart()
  }
  return { push: (chunk) => [...consume(chunk)], end: () => [...finish()] }
}

/** Length of the beginning of a tag at the end of `text`. */
const tagStartLength = (text: string): number =>
  Math.max(startLength(text, genImageOpen, 1), startLength(text, genImageClose, 1))

/** Length of a closing tag that was cut off at the end of `text`; "<" alone is not taken for one. */
const cutOffLength = (text: string): number => startLength(text, genImageClose, 2)

/** Length of the longest proper beginning of `whole`, of at least `least` characters, that ends `text`; else 0. */
function startLength(text: string, whole: string, least: number): number {
  for (let length = Math.min(whole.length - 1, text.length); length >= least; length--)
    if (text.endsWith(whole.slice(0, length))) return length
  return 0
}

const isBlank = (character: string | undefined): boolean =>
  character !== undefined && blankCharacters.includes(character)

function startAfterBlanks(text: string): number {
  let start = 0
  while (isBlank(text[start])) start++
  return start
}

function endBeforeBlanks(text: string): number {
  let end = text.length
  while (isBlank(text[end - 1])) end--
  return end
}

const trimBlanks = (text: string): string => text.slice(startAfterBlanks(text), endBeforeBlanks(text))
