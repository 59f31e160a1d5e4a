import { readFileSync } from 'node:fs'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { AppError } from '../contract/errors.ts'
import { corruptTokenizer, missingTokenizer } from './tokenizer-settings.ts'

/** ModelProto.SentencePiece.Type. */
export const pieceTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export interface SentencePiece {
  readonly piece: string
  readonly score: number
  readonly type: number
}

/** The fields of sentencepiece_model.proto that encoding and decoding depend on. */
export interface SentencePieceModel {
  /** In the order of their ids. */
  readonly pieces: readonly SentencePiece[]
  readonly byteFallback: boolean
  readonly addDummyPrefix: boolean
  readonly removeExtraWhitespaces: boolean
}

const modelTypeBpe = 2

/**
 * Reads a `tokenizer.model` (protobuf, google/sentencepiece sentencepiece_model.proto).
 * Throws AppError `weights/missing`, `weights/corrupt` for a file that is no such model, and `model/unsupported` for one
 * that is not plain BPE (unigram, a normalisation table).
 */
export function readSentencePieceModel(file: string): SentencePieceModel {
  const fields = parseModel(file, readBytes(file))
  checkPieces(file, fields)
  const { trainer, normalizer, pieces } = fields
  if (trainer.modelType !== modelTypeBpe) throw unsupported(file, `model type ${trainer.modelType}`)
  if (normalizer.hasCharacterMap) throw unsupported(file, 'a table of character replacements')
  if (trainer.whitespaceAsSuffix || !normalizer.escapeWhitespaces) throw unsupported(file, 'its treatment of spaces')
  return {
    pieces,
    byteFallback: trainer.byteFallback,
    addDummyPrefix: normalizer.addDummyPrefix,
    removeExtraWhitespaces: normalizer.removeExtraWhitespaces,
  }
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw missingTokenizer(file, cause)
  }
}

const unsupported = (file: string, what: string): AppError =>
  new AppError('model/unsupported', {
    message: `${file}: ${what} is not supported; only plain sentencepiece BPE is`,
    hint: 'Put the tokenizer.json of this checkpoint beside it; that is used instead.',
    details: { file },
  })

interface Trainer {
  modelType: number
  byteFallback: boolean
  whitespaceAsSuffix: boolean
}

interface Normalizer {
  hasCharacterMap: boolean
  addDummyPrefix: boolean
  removeExtraWhitespaces: boolean
  escapeWhitespaces: boolean
}

/** Fields that the file does not hold have the defaults of the .proto file. */
function parseModel(file: string, bytes: Uint8Array) {
  const pieces: SentencePiece[] = []
  const trainer: Trainer = { modelType: 1, byteFallback: false, whitespaceAsSuffix: false }
  const normalizer: Normalizer = {
    hasCharacterMap: false,
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  }
  try {
    readMessage(bytes, {
      1: [WireType.LengthDelimited, (reader) => pieces.push(parsePiece(reader.bytes()))],
      2: [WireType.LengthDelimited, (reader) => parseTrainer(reader.bytes(), trainer)],
      3: [WireType.LengthDelimited, (reader) => parseNormalizer(reader.bytes(), normalizer)],
    })
  } catch (cause) {
    throw corruptTokenizer(file, 'it is not a sentencepiece model, or cut off', cause)
  }
  return { pieces, trainer, normalizer }
}

type Fields = Readonly<Record<number, readonly [WireType, (reader: BinaryReader) => void]>>

function readMessage(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    const field = fields[number]
    if (field && field[0] !== wireType) throw new RangeError(`field ${number} has wire type ${wireType}`)
    if (field) field[1](reader)
    else reader.skip(wireType, number)
  }
}

function parsePiece(bytes: Uint8Array): SentencePiece {
  const piece = { piece: '', score: 0, type: pieceTypes.normal as number }
  readMessage(bytes, {
    1: [WireType.LengthDelimited, (reader) => (piece.piece = reader.string())],
    2: [WireType.Bit32, (reader) => (piece.score = reader.float())],
    3: [WireType.Varint, (reader) => (piece.type = reader.int32())],
  })
  return piece
}

function parseTrainer(bytes: Uint8Array, trainer: Trainer): void {
  readMessage(bytes, {
    3: [WireType.Varint, (reader) => (trainer.modelType = reader.int32())],
    24: [WireType.Varint, (reader) => (trainer.whitespaceAsSuffix = reader.bool())],
    35: [WireType.Varint, (reader) => (trainer.byteFallback = reader.bool())],
  })
}

function parseNormalizer(bytes: Uint8Array, normalizer: Normalizer): void {
  readMessage(bytes, {
    2: [WireType.LengthDelimited, (reader) => (normalizer.hasCharacterMap = reader.bytes().length > 0)],
    3: [WireType.Varint, (reader) => (normalizer.addDummyPrefix = reader.bool())],
    4: [WireType.Varint, (reader) => (normalizer.removeExtraWhitespaces = reader.bool())],
    5: [WireType.Varint, (reader) => (normalizer.escapeWhitespaces = reader.bool())],
  })
}

/** sentencepiece's own checks (ModelInterface::InitializePieces). */
function checkPieces(file: string, { pieces, trainer }: { pieces: readonly SentencePiece[]; trainer: Trainer }): void {
  if (pieces.length === 0) throw corruptTokenizer(file, 'it holds no pieces; it is not a sentencepiece model')
  const known = new Set<string>()
  for (const { piece } of pieces) {
    if (piece === '') throw corruptTokenizer(file, 'it holds an empty piece')
    if (known.has(piece)) throw corruptTokenizer(file, `the piece ${piece} appears twice`)
    known.add(piece)
  }
  if (pieces.filter((piece) => piece.type === pieceTypes.unknown).length !== 1)
    throw corruptTokenizer(file, 'it does not hold exactly one unknown piece')
  const bytePieces = pieces.filter((piece) => piece.type === pieceTypes.byte).length
  if (trainer.byteFallback && bytePieces !== 256)
    throw corruptTokenizer(file, `it holds ${bytePieces} byte pieces instead of 256`)
}
