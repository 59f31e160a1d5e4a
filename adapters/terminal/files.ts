import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { AppError } from '../../src/contract/errors.ts'
import type { Attachment } from '../../src/contract/incoming.ts'
import { printable } from './printable.ts'

/**
 * Reads a picture that a person names. Throws AppError `input/not-found` for what is no readable file and
 * `image/too-large` before a file over the limit is read.
 */
export async function readAttachment(file: string, limitBytes: number): Promise<Attachment> {
  const full = path.resolve(file.replace(/^~(?=\/|$)/, homedir()))
  const found = await stat(full).catch(() => undefined)
  if (!found?.isFile())
    throw new AppError('input/not-found', {
      message: `There is no file ${printable(full)}.`,
      hint: 'Check the path; a picture is named by its path on this machine.',
    })
  if (found.size > limitBytes)
    throw new AppError('image/too-large', {
      message: `${path.basename(full)} has ${showBytes(found.size)}; at most ${showBytes(limitBytes)} are taken.`,
      hint: 'Make the picture smaller, or raise LLMGA_LIMIT_UPLOAD_BYTES.',
    })
  try {
    return { name: path.basename(full), source: { bytes: await readFile(full) } }
  } catch (cause) {
    throw new AppError('input/not-found', {
      message: `${printable(full)} cannot be read.`,
      hint: 'Check its permissions.',
      cause,
    })
  }
}

const showBytes = (bytes: number): string =>
  bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`

const extensions: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'text/html': '.html',
}

/** A readable name for a picture or file: the first words of what it shows or is called, and the start of its hash. */
export function pictureName({ alt, sha256, mediaType }: { alt: string; sha256: string; mediaType: string }): string {
  const words =
    alt
      .replace(/\.\w{1,5}$/, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  const slug = words.slice(0, 6).join('-').slice(0, 60)
  return `${slug === '' ? 'picture' : slug}-${sha256.slice(0, 8)}${extensions[mediaType] ?? ''}`
}
