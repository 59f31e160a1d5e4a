import { characterToByte } from './byte-alphabet.ts'
import type { TokenDecoder } from './tokenizer.ts'
import { readUtf8, replacementOf, utf8Bytes } from './utf8.ts'

/** The `decoder` of a tokenizer.json, or one of its steps. */
export interface DecoderDescription {
  readonly type: string
  readonly [field: string]: unknown
}

/** Makes a decoder over the tokens' texts; undefined = an id to be left out. */
export type DecoderFactory = (tokenOf: (id: number) => string | undefined) => TokenDecoder

/** What happens to each token on its own; `index` counts the tokens that are decoded. */
type TokenStep = (token: string, index: number) => string

/**
 * Reads the decoder section: ByteLevel, or steps of Replace, Metaspace, ByteFallback, Fuse and Strip (as huggingface's
 * tokenizers 0.22 runs them). Returns undefined for one that cannot be followed.
 */
export function readDecoder(description: DecoderDescription): DecoderFactory | undefined {
  if (description.type === 'ByteLevel') return createByteLevelDecoder
  const steps = description.type === 'Sequence' ? (description['decoders'] as DecoderDescription[]) : [description]
  const onlyStep = steps.length === 1 ? steps[0] : undefined
  if (onlyStep?.type === 'ByteLevel') return createByteLevelDecoder
  const tokenSteps: TokenStep[] = []
  let fused = false
  let byteFallback = false
  let stripped: Strip | undefined
  for (const step of steps) {
    const strip = step.type === 'Strip' ? readStrip(step) : undefined
    const tokenStep = fused ? undefined : readTokenStep(step)
    if (step.type === 'Fuse') fused = true
    else if (step.type === 'ByteFallback' && !fused && !byteFallback) byteFallback = true
    else if (strip && fused && !stripped) stripped = strip
    else if (tokenStep && !byteFallback) tokenSteps.push(tokenStep)
    else return undefined
  }
  return (tokenOf) => createPieceDecoder(tokenOf, tokenSteps, byteFallback, stripped)
}

function readTokenStep(step: DecoderDescription): TokenStep | undefined {
  if (step.type === 'Replace') {
    const from = (step['pattern'] as { String?: string } | undefined)?.String
    const to = String(step['content'])
    return from === undefined ? undefined : (token) => token.replaceAll(from, () => to)
  }
  if (step.type !== 'Metaspace') return undefined
  const escaped = (step['replacement'] as string | undefined) ?? '\u2581'
  const keepsFirst = step['prepend_scheme'] === 'never' || step['add_prefix_space'] === false
  return (token, index) => token.replaceAll(escaped, index === 0 && !keepsFirst ? '' : ' ')
}

interface Strip {
  readonly character: string
  readonly start: number
}

/** Only the start can be stripped while more tokens may come. */
const readStrip = (step: DecoderDescription): Strip | undefined =>
  step['stop'] === 0 ? { character: String(step['content']), start: Number(step['start']) } : undefined

/** Tokens are bytes in GPT-2's alphabet; a token with another character stands for its own UTF-8 bytes. */
const createByteLevelDecoder: DecoderFactory = (tokenOf) => {
  let unfinished: readonly number[] = []
  return {
    push(id) {
      const token = tokenOf(id)
      if (token === undefined) return ''
      const bytes = Array.from(token, (character) => characterToByte.get(character))
      const known = bytes.filter((byte) => byte !== undefined)
      const read = readUtf8(
        [...unfinished, ...(known.length === bytes.length ? known : utf8Bytes(token))],
        'per-sequence',
      )
      unfinished = read.unfinished
      return read.text
    },
    rest: () => replacementOf(unfinished.length, 'per-sequence'),
  }
}

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/

function createPieceDecoder(
  tokenOf: (id: number) => string | undefined,
  steps: readonly TokenStep[],
  byteFallback: boolean,
  strip: Strip | undefined,
): TokenDecoder {
  let index = 0
  let run = startByteRun()
  let toStrip = strip?.start ?? 0

  const strippedLength = (text: string): number => {
    let length = 0
    while (length < toStrip && text[length] === strip?.character) length++
    return length
  }
  return {
    push(id) {
      const token = tokenOf(id)
      if (token === undefined) return ''
      const piece = steps.reduce((text, step) => step(text, index), token)
      index++
      const byte = byteFallback ? byteToken.exec(piece)?.[1] : undefined
      if (byte !== undefined) {
        run.push(Number.parseInt(byte, 16))
        return ''
      }
      const text = run.text() + piece
      run = startByteRun()
      const stripped = strippedLength(text)
      if (text !== '') toStrip = stripped === text.length ? toStrip - stripped : 0
      return text.slice(stripped)
    },
    rest() {
      const text = run.text()
      return text.slice(strippedLength(text))
    },
  }
}

/** Neighbouring byte tokens: all of them are text if together they are UTF-8, otherwise each is U+FFFD. */
function startByteRun() {
  let length = 0
  let text = ''
  let malformed = false
  let unfinished: readonly number[] = []
  return {
    push(byte: number): void {
      length++
      const read = readUtf8([...unfinished, byte], 'per-byte')
      text += read.text
      malformed ||= read.malformed
      unfinished = read.unfinished
    },
    text: (): string => (malformed || unfinished.length > 0 ? replacementOf(length, 'per-byte') : text),
  }
}
