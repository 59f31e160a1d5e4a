import type { RgbImage } from '../../image/rgb-image.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import type { Decoder } from './decoder.ts'
import { generate, type GeneratedToken, type GenerateRequest } from './generate.ts'
import { createPrefixCache, type PrefixCache } from './prefix-cache.ts'

/** A language model that may see. */
export interface LanguageModel<Vision extends LanguageModelVision = LanguageModelVision> {
  readonly tokenizer: Tokenizer
  readonly decoder: Decoder
  /** Absent where the model does not see. */
  readonly vision?: Vision
  /** Generates token by token from the prompt's ids and pictures; see generate. */
  generate(request: GenerateRequest): AsyncGenerator<GeneratedToken>
  /** What is kept of conversations that may go on. */
  readonly kept: Pick<PrefixCache, 'bytes' | 'size'>
  release(): Promise<void>
}

export interface LanguageModelVision {
  /** Rows that one picture takes in a prompt. */
  readonly rowsPerImage: number
  /** A picture of any size as rows for the decoder: float32 [rowsPerImage, width]. */
  encode(image: RgbImage): Promise<Float32Array>
  release(): Promise<void>
}

/** Puts the parts together; the model keeps the keys and values of its last conversations, up to `keptBytes`. */
export function createLanguageModel<Vision extends LanguageModelVision>(
  tokenizer: Tokenizer,
  decoder: Decoder,
  vision?: Vision,
  keptBytes?: number,
): LanguageModel<Vision> {
  const prefix = createPrefixCache({ createCache: () => decoder.createCache(), maxBytes: keptBytes })
  return {
    tokenizer,
    decoder,
    ...(vision ? { vision } : {}),
    generate: (request) => generate(decoder, prefix, request),
    kept: prefix,
    release: async () => {
      await vision?.release()
      await decoder.release()
    },
  }
}
