import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { corruptTokenizer, readTextFile, readTokenizerFile } from './tokenizer-settings.ts'

/** Tokens and merges of a byte-pair encoding. */
export interface BpeVocabulary {
  /** The file that the tokens came from. */
  readonly file: string
  readonly ids: ReadonlyMap<string, number>
  /** Rank of a pair, written "left right"; lower ranks merge first. */
  readonly ranks: ReadonlyMap<string, number>
}

const idsSchema = z.record(z.string(), z.int().nonnegative())
const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    vocab: idsSchema,
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
})

/**
 * Reads vocab.json and merges.txt, or tokenizer.json in a folder without them.
 * Throws AppError `weights/missing` or `weights/corrupt`, naming the file.
 */
export function readBpeVocabulary(folder: string): BpeVocabulary {
  const [vocabFile, mergesFile, tokenizerFile] = ['vocab.json', 'merges.txt', 'tokenizer.json'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  if (!existsSync(vocabFile) && existsSync(tokenizerFile)) {
    const { model } = readTokenizerFile(tokenizerFile, tokenizerSchema)
    const pairs = model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))
    return vocabulary(tokenizerFile, model.vocab, pairs, tokenizerFile)
  }
  const ids = readTokenizerFile(vocabFile, idsSchema)
  const lines = readTextFile(mergesFile).split(/\r?\n/)
  const pairs = lines.filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')))
  return vocabulary(vocabFile, ids, pairs, mergesFile)
}

function vocabulary(
  file: string,
  ids: Readonly<Record<string, number>>,
  pairs: readonly string[],
  mergesFile: string,
): BpeVocabulary {
  const bad = pairs.find((pair) => pair.split(' ').length !== 2)
  if (bad !== undefined) throw corruptTokenizer(mergesFile, `"${bad.slice(0, 80)}" is not a pair of tokens`)
  return { file, ids: new Map(Object.entries(ids)), ranks: new Map(pairs.map((pair, rank) => [pair, rank])) }
}
