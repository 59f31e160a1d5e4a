import { existsSync } from 'node:fs'
import path from 'node:path'
import { loadSentencePieceTokenizer } from './sentencepiece.ts'
import { loadTokenizerJson } from './tokenizer-json.ts'
import { missingTokenizer } from './tokenizer-settings.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * The tokenizer of a language model's folder: tokenizer.json where there is one, else tokenizer.model (the slow LLaMA
 * tokenizer). Throws AppError `weights/missing` when there is neither, `weights/corrupt` or `model/unsupported`.
 */
export function loadTokenizer(folder: string): Tokenizer {
  const tokenizerJson = path.join(folder, 'tokenizer.json')
  if (existsSync(tokenizerJson)) return loadTokenizerJson(folder)
  if (existsSync(path.join(folder, 'tokenizer.model'))) return loadSentencePieceTokenizer(folder)
  throw missingTokenizer(tokenizerJson)
}
