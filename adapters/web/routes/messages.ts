import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { commandNames } from '../../../src/contract/incoming.ts'
import type { Attachment, Incoming, IncomingAction, IncomingMessage } from '../../../src/contract/incoming.ts'
import type { RouteDeps, WebContext, WebEnv } from '../env.ts'
import type { WebLimits } from '../options.ts'
import { checked, parseJson, readJson } from './body.ts'
import { threadKeyOf } from './thread-key.ts'
import { isMultipart, readActionFiles, readForm, readMessageFiles, uploadLimit } from './upload.ts'

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
  eventId: eventId.default(() => randomUUID()),
  values: z.record(z.string(), z.string()).default({}),
})
const values = action.shape.values.removeDefault()

/** Say something, use a control, cancel. Each answers as soon as the job is stored; the reply follows in the stream. */
export function messageRoutes({ bot, feeds, limits }: RouteDeps): Hono<WebEnv> {
  const hand = async (c: WebContext, incoming: Incoming): Promise<Response> => {
    const acknowledgement = await bot().handle(incoming)
    feeds.refresh(incoming.key)
    return c.json(acknowledgement, acknowledgement.type === 'accepted' ? 202 : 200)
  }
  return new Hono<WebEnv>()
    .post('/api/threads/:threadId/messages', uploadLimit(limits), async (c) => hand(c, await readMessage(c, limits)))
    .post('/api/threads/:threadId/actions', uploadLimit(limits), async (c) =>
      hand(c, {
        ...(await readAction(c, limits)),
        type: 'action',
        key: threadKeyOf(c),
        author: c.get('person'),
        receivedAt: Date.now(),
      }),
    )
    .post('/api/threads/:threadId/cancel', async (c) =>
      hand(c, toMessage(c, { text: '', command: { name: 'cancel', options: {} } }, [])),
    )
}

async function readMessage(c: WebContext, limits: WebLimits): Promise<IncomingMessage> {
  if (!isMultipart(c)) return toMessage(c, await readJson(c, message), [])
  const { texts, files } = await readForm(c)
  const { command: commandText, ...fields } = texts
  const given = commandText === undefined ? {} : { command: parseJson(commandText, command, 'The command') }
  return toMessage(c, checked({ ...fields, ...given }, message, 'The form'), await readMessageFiles(files, limits))
}

/** A control's values as JSON; with files as a form, whose `values` is JSON text and whose files are named as fields. */
export async function readAction(c: WebContext, limits: WebLimits): Promise<ReadAction> {
  if (!isMultipart(c)) return readJson(c, action)
  const { texts, files } = await readForm(c)
  const { values: valuesText, ...fields } = texts
  const given = valuesText === undefined ? {} : { values: parseJson(valuesText, values, 'The field "values"') }
  const read = checked({ ...fields, ...given }, action, 'The form')
  return { ...read, files: await readActionFiles(files, limits) }
}

/** What a form says of an action; who acts, and where, the route knows. */
export type ReadAction = Pick<IncomingAction, 'actionId' | 'eventId' | 'values' | 'files'>

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
