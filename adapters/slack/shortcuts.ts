import { z } from 'zod'
import { languageOf } from '../../src/contract/language.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import type { SentForm } from './actions.ts'
import type { SlackContext } from './context.ts'
import { handOver } from './hand-over.ts'
import { channelBlock, chosenChannel, formValues, modal, textBlock } from './modals.ts'
import { isAllowed, slackLimits } from './options.ts'
import { attachmentsOf, fileSchema } from './receive.ts'
import { placeKey, startThread } from './start-thread.ts'
import { keyOf } from './threads.ts'

/** Callback ids of the shortcuts, as the manifest names them. */
export const shortcutIds = { edit: 'llmga_edit', ask: 'llmga_ask', create: 'llmga_new' } as const

/** Callback ids of their forms. */
export const shortcutForms = { picture: 'llmga:picture', create: 'llmga:new' } as const

const messageShortcutSchema = z.object({
  callback_id: z.enum([shortcutIds.edit, shortcutIds.ask]),
  trigger_id: z.string(),
  response_url: z.string().optional(),
  user: z.object({ id: z.string(), name: z.string().optional() }),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional(), files: z.array(fileSchema).nullish() }),
})

const fieldName = 'words'

/** "Edit this picture" and "Ask about this picture" on anybody's message: asks what, in a form. */
export async function receiveMessageShortcut(context: SlackContext, body: unknown): Promise<void> {
  const parsed = messageShortcutSchema.safeParse(body)
  if (!parsed.success) return
  const { callback_id, trigger_id, response_url: responseUrl, user, channel, message } = parsed.data
  const place = { channelId: channel.id, ts: message.ts, threadTs: message.thread_ts }
  const shown = await context.poster.imagesShownBy(channel.id, message.ts)
  const files = (message.files ?? []).filter(({ mimetype }) => mimetype?.startsWith('image/'))
  const key = keyOf(context.identity().teamId, place)
  if (shown.length === 0 && files.length === 0) {
    const { locale } = await context.people.get(user.id)
    const { noPicture } = sentencesIn(languageOf(locale) ?? 'en').slack
    return context.answers.tell({ userId: user.id, key, locale, responseUrl }, noPicture)
  }
  const isEdit = callback_id === shortcutIds.edit
  const sentences = sentencesIn('en') // whose language it is would cost a request, and the form dies in three seconds
  const { form } = sentences.slack
  const metadata = metadataOf({ key, isEdit, imageId: shown.at(-1), files: files.map(slim), responseUrl })
  const title = isEdit ? form.editTitle : form.askTitle
  const words = { title, callbackId: shortcutForms.picture, metadata, sentences }
  const field = textBlock({ name: fieldName, label: isEdit ? form.change : form.question, multiline: true })
  await context.client.views.open({ trigger_id, view: modal(words, [field]) })
}

const slim = ({ id, name, mimetype, size, url_private_download, url_private }: z.infer<typeof fileSchema>) => ({
  ...{ id, name, mimetype, size },
  url_private: url_private_download ?? url_private,
})

const pictureFormSchema = z.object({
  key: z.object({ platform: z.string(), workspaceId: z.string(), channelId: z.string(), threadId: z.string() }),
  isEdit: z.boolean(),
  imageId: z.string().optional(),
  files: z.array(fileSchema),
  responseUrl: z.string().optional(),
})
type PictureForm = z.infer<typeof pictureFormSchema>

/** What the form keeps: the first pictures, as far as Slack keeps them. */
function metadataOf(form: PictureForm): PictureForm {
  const isShort = JSON.stringify(form).length <= slackLimits.modalMetadata
  return isShort || form.files.length === 0 ? form : metadataOf({ ...form, files: form.files.slice(0, -1) })
}

/** The words for a picture: on in its thread, as if they had been written there. */
export async function receivePictureForm(context: SlackContext, form: SentForm): Promise<void> {
  const parsed = pictureFormSchema.safeParse(form.metadata)
  if (!parsed.success) return
  const { key, isEdit, imageId, files, responseUrl } = parsed.data
  const { person, locale } = await context.people.get(form.userId)
  const words = formValues(form.state)[fieldName] ?? ''
  const about =
    imageId === undefined
      ? { attachments: await attachmentsOf(context, files) }
      : { attachments: [], replyToImageId: imageId }
  await handOver(
    context,
    {
      type: 'message',
      key,
      eventId: `form:${form.viewId}`,
      author: person,
      text: isEdit ? `/edit ${words}` : words,
      ...about,
      ...(locale === undefined ? {} : { locale }),
      receivedAt: Date.now(),
    },
    responseUrl,
  )
}

const globalShortcutSchema = z.object({ trigger_id: z.string() })

/** "New picture": asks what, and where. */
export async function receiveGlobalShortcut({ client }: SlackContext, body: unknown): Promise<void> {
  const parsed = globalShortcutSchema.safeParse(body)
  if (!parsed.success) return
  const sentences = sentencesIn('en')
  const { form } = sentences.slack
  const words = { title: form.newTitle, callbackId: shortcutForms.create, metadata: {}, sentences }
  const field = textBlock({ name: fieldName, label: form.wish, multiline: true })
  await client.views.open({ trigger_id: parsed.data.trigger_id, view: modal(words, [field, channelBlock(form.where)]) })
}

export async function receiveNewForm(context: SlackContext, form: SentForm): Promise<void> {
  const channelId = chosenChannel(form.state)
  if (channelId === undefined) return
  const who = await context.people.get(form.userId)
  const said = formValues(form.state)[fieldName] ?? ''
  const hearer = { userId: form.userId, key: placeKey(context, channelId, ''), locale: who.locale }
  if (!isAllowed(context.options, channelId))
    return context.answers.tell(hearer, sentencesIn(languageOf(who.locale) ?? 'en').slack.notServed)
  await startThread(context, { channelId, who, eventId: `form:${form.viewId}`, text: said, said })
}
