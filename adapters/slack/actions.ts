import { z } from 'zod'
import { AppError } from '../../src/contract/errors.ts'
import { languageOf } from '../../src/contract/language.ts'
import type { Control } from '../../src/contract/outgoing.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { sentenceOf } from '../../src/language/error-sentence.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { placeOfBlock, pressedValue } from './blocks.ts'
import type { SlackContext } from './context.ts'
import { download } from './download.ts'
import { handOver } from './hand-over.ts'
import { fieldBlocks, formFiles, formValues, modal, type FormState } from './modals.ts'
import { attachmentsOf, fileSchema } from './receive.ts'
import { keyOf } from './threads.ts'

const actionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string().optional() }),
  trigger_id: z.string().optional(),
  response_url: z.string().optional(),
  container: z.object({
    channel_id: z.string().optional(),
    message_ts: z.string().optional(),
    thread_ts: z.string().optional(),
  }),
  message: z.object({ thread_ts: z.string().optional() }).optional(),
  actions: z
    .array(
      z.object({
        block_id: z.string(),
        value: z.string().optional(),
        selected_option: z.object({ value: z.string() }).nullish(),
        action_ts: z.string().default(''),
      }),
    )
    .min(1),
})
type Pressed = z.infer<typeof actionSchema>

/** A form of a control, sent: what it was opened with. */
const controlFormSchema = z.object({
  key: z.object({ platform: z.string(), workspaceId: z.string(), channelId: z.string(), threadId: z.string() }),
  actionId: z.string(),
  responseUrl: z.string().optional(),
})
export const controlForm = 'llmga:control'

/** A button or an entry of a menu. */
export async function receiveAction(context: SlackContext, body: unknown): Promise<void> {
  const parsed = actionSchema.safeParse(body)
  if (!parsed.success) return
  const pressed = parsed.data
  const [action] = pressed.actions
  const value = action?.value ?? action?.selected_option?.value
  const key = keyOfPress(context, pressed)
  if (!action || value === undefined || !key) return
  const { actionId, asksForm } = pressedValue(value)
  if (asksForm) return openForm(context, pressed, key, { actionId, place: placeOfBlock(action.block_id) })
  const { person, locale } = await context.people.get(pressed.user.id, pressed.user.name)
  const eventId = `press:${person.id}:${action.action_ts}:${actionId}`
  const event = { key, eventId, author: person, ...(locale === undefined ? {} : { locale }), receivedAt: Date.now() }
  await handOver(context, { type: 'action', ...event, actionId, values: {} }, pressed.response_url)
}

/** The thread that a control belongs to: that of a private answer, or that of its message. */
function keyOfPress(
  { answers, identity }: SlackContext,
  { container, message, actions }: Pressed,
): ThreadKey | undefined {
  const placed = answers.placed(placeOfBlock(actions[0]!.block_id))
  if (placed) return placed.key
  const { channel_id: channelId, message_ts: ts, thread_ts } = container
  if (channelId === undefined || ts === undefined) return undefined
  return keyOf(identity().teamId, { channelId, ts, threadTs: thread_ts ?? message?.thread_ts })
}

/** Opens the form of a control: within three seconds, so nothing is asked of Slack before. */
async function openForm(
  context: SlackContext,
  pressed: Pressed,
  key: ThreadKey,
  { actionId, place }: { readonly actionId: string; readonly place: string },
): Promise<void> {
  const { client, options, answers, bot, people } = context
  const author = { id: pressed.user.id, name: pressed.user.name ?? pressed.user.id }
  const control = await controlOf({ bot, answers }, { key, author, place, actionId })
  if (!control || pressed.trigger_id === undefined) {
    const { locale } = await people.get(author.id)
    const hearer = { userId: author.id, key, locale, responseUrl: pressed.response_url }
    return answers.tell(hearer, sentencesIn(languageOf(locale) ?? 'en').slack.expired)
  }
  const sentences = sentencesIn(control.language)
  const hasMask = control.fields?.some(({ type }) => type === 'mask') === true
  const maskUrl = hasMask ? await options.maskLink?.(key, author, control) : undefined
  const metadata = {
    key,
    actionId,
    ...(pressed.response_url === undefined ? {} : { responseUrl: pressed.response_url }),
  }
  const words = { title: control.label.replace(/…$/, ''), callbackId: controlForm, metadata, sentences }
  const view = modal(words, fieldBlocks(control, sentences, maskUrl))
  await client.views.open({ trigger_id: pressed.trigger_id, view })
}

type Shown = Control & { readonly language: 'en' | 'zh' }

interface Wanted {
  readonly key: ThreadKey
  readonly author: { readonly id: string; readonly name: string }
  readonly place: string
  readonly actionId: string
}

/** The control as it stands in the reply now; undefined where it is gone. */
async function controlOf(
  { bot, answers }: Pick<SlackContext, 'bot' | 'answers'>,
  { key, author, place, actionId }: Wanted,
): Promise<Shown | undefined> {
  const isWanted = (control: Control) => control.actionId === actionId
  const placed = answers.placed(place)?.controls.find(isWanted)
  if (placed) return { ...placed, language: 'en' }
  const jobId = /^job:(.+)$/.exec(place)?.[1]
  const reply = jobId === undefined ? undefined : await bot.readReply(key, author, jobId)
  const controls = reply?.parts.flatMap((part) =>
    part.type === 'controls' || part.type === 'route' ? part.controls : [],
  )
  const control = controls?.find(isWanted)
  return control && reply && { ...control, language: reply.language }
}

/** A form that was sent, as Bolt hands it on. */
export interface SentForm {
  readonly userId: string
  readonly viewId: string
  readonly metadata: unknown
  readonly state: FormState
}

/** The form of a control, filled in. */
export async function receiveControlForm(context: SlackContext, form: SentForm): Promise<void> {
  const parsed = controlFormSchema.safeParse(form.metadata)
  if (!parsed.success) return
  const { key, actionId, responseUrl } = parsed.data
  const { person, locale } = await context.people.get(form.userId)
  try {
    const files = await filesOf(context, form.state)
    const event = { key, author: person, ...(locale === undefined ? {} : { locale }), receivedAt: Date.now() }
    const said = { actionId, values: formValues(form.state), ...(files ? { files } : {}) }
    await handOver(context, { type: 'action', eventId: `form:${form.viewId}`, ...event, ...said }, responseUrl)
  } catch (error) {
    const told = sentenceOf(AppError.from(error).toJSON(), languageOf(locale) ?? 'en')
    await context.answers.tell({ userId: person.id, key, locale, responseUrl }, told)
  }
}

/** Most bytes of a mask that is fetched; the bot has its own limit below it. */
const maskBytes = 32 * 2 ** 20

async function filesOf(
  context: SlackContext,
  state: FormState,
): Promise<Readonly<Record<string, Uint8Array>> | undefined> {
  const found: Record<string, Uint8Array> = {}
  for (const { name, file } of formFiles(state)) {
    const [attachment] = await attachmentsOf(context, [fileSchema.parse(file)])
    if (!attachment || !('url' in attachment.source)) continue
    const signal = AbortSignal.timeout(context.timing.requestMs)
    found[name] = await download(attachment.source.url, maskBytes, signal, context.options)
  }
  return Object.keys(found).length > 0 ? found : undefined
}
