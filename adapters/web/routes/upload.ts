import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../../../src/contract/errors.ts'
import type { Attachment, IncomingAction } from '../../../src/contract/incoming.ts'
import type { WebContext } from '../env.ts'
import type { WebLimits } from '../options.ts'
import { isPicture, sniffMediaType } from './media-type.ts'

/** What a form brought: its texts, and its files with the names of their fields. */
export interface ReadForm {
  readonly texts: Readonly<Record<string, string>>
  readonly files: readonly (readonly [field: string, file: File])[]
}

export const isMultipart = (c: WebContext): boolean =>
  c.req.header('Content-Type')?.startsWith('multipart/form-data') === true

export const uploadLimit = ({ uploadBytes }: WebLimits) =>
  bodyLimit({
    maxSize: uploadBytes,
    onError: () => {
      throw tooLarge('The message', uploadBytes)
    },
  })

/** Throws AppError('input/invalid-option') for what is no form. */
export async function readForm(c: WebContext): Promise<ReadForm> {
  const form = await c.req.formData().catch((cause: unknown) => {
    throw new AppError('input/invalid-option', { message: 'The form cannot be read.', hint: 'Send it again.', cause })
  })
  const entries = [...form]
  return {
    texts: Object.fromEntries(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))),
    files: entries.flatMap(([name, value]) => (typeof value === 'string' ? [] : [[name, value] as const])),
  }
}

/** The pictures of a message: all of them in fields `file`. Throws AppError for too many or too large ones. */
export async function readMessageFiles(files: ReadForm['files'], limits: WebLimits): Promise<readonly Attachment[]> {
  const attached = files.filter(([field]) => field === 'file').map(([, file]) => file)
  checkFiles(attached, limits)
  return Promise.all(
    attached.map(async (file) => ({
      name: fileName(file),
      ...(file.type === '' ? {} : { mediaType: file.type }),
      source: { bytes: await bytesOf(file) },
    })),
  )
}

/** The pictures of a form, by their fields. Throws AppError for too many, too large ones and what is no picture. */
export async function readActionFiles(
  files: ReadForm['files'],
  limits: WebLimits,
): Promise<NonNullable<IncomingAction['files']>> {
  checkFiles(
    files.map(([, file]) => file),
    limits,
  )
  const read = await Promise.all(files.map(async ([field, file]) => [field, file, await bytesOf(file)] as const))
  const wrong = read.find(([, , bytes]) => !isPicture(sniffMediaType(bytes)))
  if (wrong !== undefined) {
    throw new AppError('image/unsupported', {
      message: `"${fileName(wrong[1])}" is not a picture.`,
      hint: 'Send a PNG, JPEG or WebP file.',
    })
  }
  return Object.fromEntries(read.map(([field, , bytes]) => [field, bytes]))
}

function checkFiles(files: readonly File[], { filesPerMessage, fileBytes }: WebLimits): void {
  if (files.length > filesPerMessage) {
    throw new AppError('image/too-large', {
      message: `The message has ${files.length} files, and ${filesPerMessage} are allowed.`,
      hint: 'Send the others in a second message.',
    })
  }
  const large = files.find((file) => file.size > fileBytes)
  if (large !== undefined) throw tooLarge(`"${fileName(large)}"`, fileBytes)
}

const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer())

/** The last part of the name, without control characters: it is shown, logged and stored. */
const fileName = (file: File): string =>
  file.name
    .split(/[/\\]/)
    .at(-1)
    ?.replace(/[\x00-\x1f\x7f]/g, '')
    .slice(-120) || 'file'

const tooLarge = (what: string, limitBytes: number): AppError =>
  new AppError('image/too-large', {
    message: `${what} is larger than ${Math.round(limitBytes / 1024 / 1024)} MiB.`,
    hint: 'Send a smaller picture.',
  })
