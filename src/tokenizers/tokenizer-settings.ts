import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { AppError } from '../contract/errors.ts'
import type { AddedToken } from './added-tokens.ts'

/** A token as it stands in those files: a string, or an object with flags. */
const tokenSchema = z
  .union([
    z.string().transform((content) => ({ content })),
    z.looseObject({
      content: z.string(),
      special: z.boolean().optional(),
      lstrip: z.boolean().optional(),
      rstrip: z.boolean().optional(),
      single_word: z.boolean().optional(),
      normalized: z.boolean().optional(),
    }),
  ])
  .transform((token): TokenDescription => {
    const flags: { [flag: string]: unknown } = token
    return {
      content: token.content,
      special: flags['special'] === true,
      lstrip: flags['lstrip'] === true,
      rstrip: flags['rstrip'] === true,
      singleWord: flags['single_word'] === true,
      normalized: flags['normalized'] === true,
    }
  })
type TokenDescription = Omit<AddedToken, 'id'>

const roles = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token', 'mask_token'] as const
const roleSchema = tokenSchema.nullish()
const tokenMapSchema = z.looseObject({
  bos_token: roleSchema,
  eos_token: roleSchema,
  unk_token: roleSchema,
  pad_token: roleSchema,
  sep_token: roleSchema,
  cls_token: roleSchema,
  mask_token: roleSchema,
  additional_special_tokens: z.array(tokenSchema).nullish(),
})
const settingsSchema = z.looseObject({
  added_tokens_decoder: z.record(z.string(), tokenSchema).nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  legacy: z.boolean().nullish(),
  model_max_length: z.number().nullish(),
})
const addedSchema = z.record(z.string(), z.number())

type Role = (typeof roles)[number]

/** What tokenizer_config.json, special_tokens_map.json and added_tokens.json of a folder say together. */
export interface TokenizerSettings {
  /** Contents of the tokens by role, where the folder names them. */
  readonly tokens: { readonly [role in Role]?: string }
  /** Every token with a role and the additional special ones; their ids are the vocabulary's. */
  readonly special: readonly TokenDescription[]
  /** Tokens whose id the folder gives beside the vocabulary. */
  readonly added: readonly AddedToken[]
  readonly addBosToken: boolean | undefined
  readonly addEosToken: boolean | undefined
  readonly legacy: boolean | undefined
  readonly modelMaxLength: number | undefined
}

/**
 * Reads the small files beside a vocabulary; each may be absent. As in transformers, special_tokens_map.json overrides
 * tokenizer_config.json unless that one lists its added tokens itself.
 * Throws AppError `weights/corrupt` for a file that is not what it should be.
 */
export function readTokenizerSettings(folder: string): TokenizerSettings {
  const configFile = path.join(folder, 'tokenizer_config.json')
  const config = readOptional(configFile, settingsSchema) ?? {}
  const configTokens = readOptional(configFile, tokenMapSchema) ?? {}
  const mapTokens = config.added_tokens_decoder
    ? {}
    : (readOptional(path.join(folder, 'special_tokens_map.json'), tokenMapSchema) ?? {})
  const map = { ...configTokens, ...mapTokens }
  const byRole = roles.flatMap((role) => (map[role] ? [[role, map[role]] as const] : []))
  const special = [...byRole.map(([, token]) => token), ...(map.additional_special_tokens ?? [])]
  return {
    tokens: Object.fromEntries(byRole.map(([role, token]) => [role, token.content])),
    special: special.map((token) => ({ ...token, special: true })),
    added: readAdded(folder, config.added_tokens_decoder ?? {}, new Set(special.map((token) => token.content))),
    addBosToken: config.add_bos_token ?? undefined,
    addEosToken: config.add_eos_token ?? undefined,
    legacy: config.legacy ?? undefined,
    modelMaxLength: config.model_max_length ?? undefined,
  }
}

function readAdded(
  folder: string,
  decoder: Readonly<Record<string, TokenDescription>>,
  special: ReadonlySet<string>,
): AddedToken[] {
  const listed = Object.entries(decoder).map(([id, token]) => ({ ...token, id: Number(id) }))
  const contents = new Set(listed.map((token) => token.content))
  const file = readOptional(path.join(folder, 'added_tokens.json'), addedSchema) ?? {}
  const others = Object.entries(file).filter(([content]) => !contents.has(content))
  return [
    ...listed,
    ...others.map(([content, id]) => ({ ...tokenSchema.parse(content), id, special: special.has(content) })),
  ]
}

const readOptional = <T>(file: string, schema: z.ZodType<T>): T | undefined =>
  existsSync(file) ? readTokenizerFile(file, schema) : undefined

/**
 * A JSON file of a tokenizer folder, checked.
 * Throws AppError `weights/missing` or `weights/corrupt`, naming the file.
 */
export function readTokenizerFile<T>(file: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(file, readTextFile(file)))
  if (parsed.success) return parsed.data
  throw corruptTokenizer(file, z.prettifyError(parsed.error))
}

/** A text file of a tokenizer folder. Throws AppError `weights/missing`. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw missingTokenizer(file, cause)
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw corruptTokenizer(file, 'it is not JSON', cause)
  }
}

export const missingTokenizer = (file: string, cause?: unknown): AppError =>
  new AppError('weights/missing', {
    message: `${file} is missing or cannot be read`,
    hint: 'Copy or download the tokenizer files of the checkpoint into its folder.',
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })

export const corruptTokenizer = (file: string, what: string, cause?: unknown): AppError =>
  new AppError('weights/corrupt', {
    message: `${file}: ${what}`,
    hint: 'The file is damaged or belongs to something else; copy or download it again.',
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })
