import { MessageFlags, type MessageComponentInteraction, type ModalSubmitInteraction } from 'discord.js'
import type { IncomingAction } from '../../src/contract/incoming.ts'
import type { Control, Part } from '../../src/contract/outgoing.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { AppError } from '../../src/contract/errors.ts'
import { notedAnswer, refusalOf } from './answers.ts'
import { download } from './download.ts'
import { acknowledged, languageFor, sayPrivately, type InteractionTools } from './interaction-answers.ts'
import { modalOf, valuesOf } from './modals.ts'
import { handed } from './receive.ts'
import { keyOfSpot, userOf, type Spot } from './spot.ts'

/** A mask from a form has at most so many bytes, and so long to come. */
const maskBytes = 32 * 2 ** 20
const maskMs = 20_000

/** Takes a press on a button, or a choice from a menu: opens the control's form, or does at once what it says. */
export async function takePress(
  tools: InteractionTools,
  interaction: MessageComponentInteraction,
  spot: Spot,
  actionId: string,
): Promise<void> {
  const person = userOf(interaction)
  const { key, controls } = await placeOfMessage(tools, interaction.message.id, spot, person)
  const control = controls.find((one) => one.actionId === actionId)
  if (control?.fields?.length) {
    const paintUrl = hasMask(control) ? await tools.options.maskLink?.(key, person, control) : undefined
    const modal = modalOf(control, { said: sentencesIn(languageFor(interaction)), paintUrl })
    await acknowledged(() => interaction.showModal(modal), tools.log)
    return
  }
  if (!(await acknowledged(() => interaction.deferUpdate(), tools.log))) return
  await act(tools, interaction, { key, actionId, values: {} })
}

const hasMask = ({ fields = [] }: Control): boolean => fields.some(({ type }) => type === 'mask')

/** Takes a form that was filled in. */
export async function takeForm(
  tools: InteractionTools,
  interaction: ModalSubmitInteraction,
  spot: Spot,
): Promise<void> {
  const acknowledge = () =>
    interaction.isFromMessage() ? interaction.deferUpdate() : interaction.deferReply({ flags: MessageFlags.Ephemeral })
  if (!(await acknowledged(acknowledge, tools.log))) return
  const { key } = await placeOfMessage(tools, interaction.message?.id ?? '', spot)
  const { values, fileUrls } = valuesOf(interaction)
  try {
    const files = await fetchAll(fileUrls, tools.options.cdnUrl)
    await act(tools, interaction, { key, actionId: interaction.customId, values, ...(files ? { files } : {}) })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await sayPrivately(tools, interaction, refusalOf(error, languageFor(interaction)))
  }
}

async function fetchAll(urls: Readonly<Record<string, string>>, cdnUrl: string) {
  const names = Object.keys(urls)
  if (names.length === 0) return undefined
  const signal = AbortSignal.timeout(maskMs)
  const files = await Promise.all(names.map((name) => download(urls[name]!, maskBytes, signal, cdnUrl)))
  return Object.fromEntries(names.map((name, index) => [name, files[index]!]))
}

async function act(
  tools: InteractionTools,
  interaction: MessageComponentInteraction | ModalSubmitInteraction,
  action: Pick<IncomingAction, 'key' | 'actionId' | 'values' | 'files'>,
): Promise<void> {
  const incoming: IncomingAction = {
    type: 'action',
    ...action,
    eventId: interaction.id,
    author: userOf(interaction),
    locale: interaction.locale,
    receivedAt: interaction.createdTimestamp,
  }
  const answer = await handed(tools.bot, incoming, languageFor(interaction), tools.log)
  if (answer) await sayPrivately(tools, interaction, answer, action.key)
}

interface MessagePlace {
  readonly key: ThreadKey
  readonly controls: readonly Control[]
}

/** The conversation of one of the bot's messages; for `person` also its controls, with their forms. */
async function placeOfMessage(
  { notes, destinations, poster, bot }: InteractionTools,
  messageId: string,
  spot: Spot,
  person?: Person,
): Promise<MessagePlace> {
  const noted = await notedAnswer(notes, messageId)
  if (noted) return noted
  const key = (await destinations.keyAt(messageId)) ?? keyOfSpot(spot)
  const shown = person && (await poster.shownBy(spot.channelId, messageId))
  const reply = shown && (await bot.readReply(key, person, shown.jobId).catch(() => undefined))
  return { key, controls: controlsOf(reply?.parts ?? []) }
}

const controlsOf = (parts: readonly Part[]): readonly Control[] =>
  parts.flatMap((part) => (part.type === 'controls' || part.type === 'route' ? part.controls : []))
