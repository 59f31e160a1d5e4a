import {
  MessageFlags,
  type ChatInputCommandInteraction,
  type MessageComponentInteraction,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
} from 'discord.js'
import type { Bot, Notes } from '../../src/contract/adapter.ts'
import { languageOf, type Language } from '../../src/contract/language.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import type { AdapterLog } from '../chat/log.ts'
import type { Poster } from '../chat/poster.ts'
import { answerMessages, noteAnswer, type Answer } from './answers.ts'
import type { Destinations } from './destinations.ts'
import type { DiscordOptions } from './options.ts'

export interface InteractionTools {
  readonly options: DiscordOptions
  readonly bot: Bot
  readonly poster: Poster
  readonly destinations: Destinations
  readonly notes: Notes
  readonly log: AdapterLog
}

/** Interactions that are answered with messages. */
export type Answerable =
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | MessageComponentInteraction
  | ModalSubmitInteraction

export const languageFor = ({ locale }: Answerable): Language => languageOf(locale) ?? 'en'

/**
 * Acknowledges, before any work. False where Discord does not take it: the interaction was delivered twice, or came too
 * late, so nothing is to be done for it.
 */
export async function acknowledged(acknowledge: () => Promise<unknown>, log: AdapterLog): Promise<boolean> {
  try {
    await acknowledge()
    return true
  } catch (error) {
    log.warn({ err: error }, 'an interaction could not be acknowledged; it is left alone')
    return false
  }
}

/** Says something to the person alone, after the acknowledgement (or as it). */
export async function sayPrivately(
  { notes }: Pick<InteractionTools, 'notes'>,
  interaction: Answerable,
  answer: Answer,
  key?: ThreadKey,
): Promise<void> {
  for (const [index, message] of answerMessages(answer).entries()) {
    const fillsDeferred = index === 0 && interaction.deferred && interaction.ephemeral === true
    const id = fillsDeferred ? (await interaction.editReply(message)).id : await sayMore(interaction, message)
    if (key && id !== undefined && message.components.length > 0)
      await noteAnswer(notes, id, { key, controls: answer.controls ?? [] })
  }
}

async function sayMore(
  interaction: Answerable,
  message: ReturnType<typeof answerMessages>[number],
): Promise<string | undefined> {
  const hidden = { ...message, flags: MessageFlags.Ephemeral } as const
  if (interaction.deferred || interaction.replied) return (await interaction.followUp(hidden)).id
  const response = await interaction.reply({ ...hidden, withResponse: true })
  return response.resource?.message?.id
}
