import type { Tokenizer } from './tokenizer.ts'

/** Emits the text of a reply while its tokens arrive. */
export interface TextStream {
  /** Takes the next id and returns the text to show for it, often ''. */
  push(id: number): string
  /** What was held back; call once, after the last id. */
  end(): string
}

const replacement = '\uFFFD'

/**
 * A stream over `tokenizer`, special tokens skipped. With s(n) = the text of the first n ids, without the U+FFFD at its
 * end (an unfinished character) unless n is the last: emits what s(n) adds to the text already emitted, or '' when s(n)
 * does not start with that text. The cost of an id does not grow with the reply: only text that is not final yet (an
 * unfinished character, a run of byte tokens) is looked at again.
 */
export function createTextStream(tokenizer: Pick<Tokenizer, 'createDecoder'>): TextStream {
  const decoder = tokenizer.createDecoder({ skipSpecialTokens: true })
  // Both begin at the same place of the text; what is final and emitted is dropped from both.
  let final = ''
  let emitted = ''
  let contradicted = false

  const emit = (text: string): string => {
    if (contradicted || !text.startsWith(emitted)) return ''
    const piece = text.slice(emitted.length)
    emitted = text
    return piece
  }
  return {
    push(id) {
      final += decoder.push(id)
      const settled = Math.min(final.length, emitted.length)
      contradicted ||= final.slice(0, settled) !== emitted.slice(0, settled)
      final = final.slice(settled)
      emitted = emitted.slice(settled)
      return emit(withoutReplacementsAtEnd(final + decoder.rest()))
    },
    end: () => emit(final + decoder.rest()),
  }
}

function withoutReplacementsAtEnd(text: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === replacement) end--
  return text.slice(0, end)
}
