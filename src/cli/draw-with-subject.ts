import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { readAttachment } from '../../adapters/terminal/files.ts'
import { parseStyles } from '../bot/styles.ts'
import { sha256Of } from '../conversation/blobs.ts'
import { configOf } from './config-flags.ts'
import { drawDirectly } from './draw-directly.ts'
import { quietLog } from './one-shot.ts'
import { printJson, printLine } from './output.ts'
import { pictureSaver, uprightSize, writePicture } from './pictures.ts'
import { subjectRequest, type SubjectWork } from './subject-request.ts'

interface SubjectOutput {
  /** File of the picture with the subject. */
  readonly subject: string
  readonly subjectScale?: string | undefined
  readonly out?: string | undefined
  readonly json: boolean
  readonly saveMask?: string | undefined
}

/** Works on a picture together with that of a subject (IP-Adapter) and prints where the pictures lie. Throws AppError. */
export async function drawWithSubject(
  program: Command,
  work: Omit<SubjectWork, 'subject' | 'size' | 'scale'>,
  { subject, subjectScale, out, json, saveMask }: SubjectOutput,
): Promise<void> {
  const config = quietLog(configOf(program))
  const { source } = await readAttachment(subject, config.limitUploadBytes)
  const save = await pictureSaver(out)
  const file = new URL('../../config/styles.json', import.meta.url)
  const styles = parseStyles(JSON.parse(readFileSync(file, 'utf8')), 'config/styles.json')
  const request = await subjectRequest(
    {
      ...work,
      size: uprightSize(work.image),
      subject: 'bytes' in source ? source.bytes : new Uint8Array(),
      scale: subjectScale,
    },
    styles,
  )
  for (const { png, width, height, recipe, details } of await drawDirectly(config, () => request)) {
    const sha256 = sha256Of(png)
    const image = { imageId: sha256, sha256, mediaType: 'image/png', width, height, alt: recipe.prompt }
    const written = await save(png, image)
    const { maskPng, ...figures } = details ?? {}
    if (saveMask !== undefined && maskPng) await writePicture(saveMask, maskPng)
    if (json) printJson({ type: 'image', file: written, image: { ...image, recipe }, details: figures })
    else printLine(written)
  }
}
