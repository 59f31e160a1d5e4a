import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { AppError } from '../../../src/contract/errors.ts'
import { commandNames } from '../../../src/contract/incoming.ts'
import type { Attachment, Incoming, IncomingMessage } from '../../../src/contract/incoming.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import type { WebLimits } from '../options.ts'
import { checked, parseJson, readJson } from './body.ts'
import { threadKeyOf } from './thread-key.ts'

const eventId = z.string().regex(/^[\w-]{8,64}$/, 'an id has 8 to 64 letters, digits, - and _')
const command = z.strictObject({
  name: z.enum(commandNames),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})
const message = z.strictObject({
  text: z.string().default(''),
  eventId: eventId.optional(),
  command: command.optional(),
  replyToImageId: z.string().max(200).optional(),
})
const action = z.strictObject({
  actionId: z.string().min(1).max(100),
  eventId: eventId.optional(),
  values: z.record(z.string(), z.string()).default({}),
})

/** Say something, use a control, cancel. Each answers as soon as the job is stored; the reply follows in the stream. */
export function messageRoutes({ bot, feeds, limits }: RouteDeps): Hono<WebEnv> {
  const hand = async (c: WebContext, incoming: Incoming): Promise<Response> => {
    const acknowledgement = await bot().handle(incoming)
    feeds.refresh(incoming.key)
    return c.json(acknowledgement, acknowledgement.type === 'accepted' ? 202 : 200)
  }
  return new Hono<WebEnv>()
    .post('/api/threads/:threadId/messages', uploadLimit(limits), async (c) => hand(c, await readMessage(c, limits)))
    .post('/api/threads/:threadId/actions', async (c) => {
      const { actionId, values, eventId = randomUUID() } = await readJson(c, action)
      const person = c.get('person')
      const receivedAt = Date.now()
      return hand(c, { type: 'action', key: threadKeyOf(c), eventId, author: person, actionId, values, receivedAt })
    })
    .post('/api/threads/:threadId/cancel', async (c) =>
      hand(c, toMessage(c, { text: '', command: { name: 'cancel', options: {} } }, [])),
    )
}

const uploadLimit = ({ uploadBytes }: WebLimits) =>
  bodyLimit({
    maxSize: uploadBytes,
    onError: () => {
      throw tooLarge('The message', uploadBytes)
    },
  })

async function readMessage(c: WebContext, limits: WebLimits): Promise<IncomingMessage> {
  const multipart = c.req.header('Content-Type')?.startsWith('multipart/form-data') === true
  if (!multipart) return toMessage(c, await readJson(c, message), [])
  const form = await c.req.formData().catch((cause: unknown) => {
    throw new AppError('input/invalid-option', { message: 'The form cannot be read.', hint: 'Send it again.', cause })
  })
  const { command: commandText, ...fields } = Object.fromEntries([...form].filter(([name]) => name !== 'file'))
  const given = typeof commandText === 'string' ? { command: parseJson(commandText, command, 'The command') } : {}
  const files = form.getAll('file').filter((file) => typeof file !== 'string')
  return toMessage(c, checked({ ...fields, ...given }, message, 'The form'), await readFiles(files, limits))
}

async function readFiles(files: readonly File[], limits: WebLimits): Promise<Attachment[]> {
  if (files.length > limits.filesPerMessage) {
    throw new AppError('image/too-large', {
      message: `The message has ${files.length} files, and ${limits.filesPerMessage} are allowed.`,
      hint: 'Send the others in a second message.',
    })
  }
  const large = files.find((file) => file.size > limits.fileBytes)
  if (large !== undefined) throw tooLarge(`"${fileName(large)}"`, limits.fileBytes)
  return Promise.all(
    files.map(async (file) => ({
      name: fileName(file),
      ...(file.type === '' ? {} : { mediaType: file.type }),
      source: { bytes: new Uint8Array(await file.arrayBuffer()) },
    })),
  )
}

function toMessage(
  c: WebContext,
  { eventId = randomUUID(), command, replyToImageId, text }: z.output<typeof message>,
  attachments: readonly Attachment[],
): IncomingMessage {
  return {
    type: 'message',
    key: threadKeyOf(c),
    eventId,
    author: c.get('person'),
    text,
    attachments,
    ...(command === undefined ? {} : { command }),
    ...(replyToImageId === undefined ? {} : { replyToImageId }),
    receivedAt: Date.now(),
  }
}

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
