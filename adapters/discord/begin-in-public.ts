import type { ChatInputCommandInteraction, ModalSubmitInteraction } from 'discord.js'
import type { IncomingMessage } from '../../src/contract/incoming.ts'
import type { ThreadKey } from '../../src/contract/thread.ts'
import { AppError } from '../../src/contract/errors.ts'
import { refusalOf, type Answer } from './answers.ts'
import { shortened } from './components.ts'
import { escapeMarkdown } from './format.ts'
import { acknowledged, languageFor, sayPrivately, type InteractionTools } from './interaction-answers.ts'
import { discordLimits } from './options.ts'
import { handed } from './receive.ts'
import { isOpenChannel, keyOfRoot, keyOfSpot, userOf, type Spot } from './spot.ts'

/** What a command says, once the conversation is known in which it is said. */
export type Said = Pick<IncomingMessage, 'text' | 'attachments' | 'command' | 'replyToImageId'>

export interface PublicCommand {
  /** What others see of it: /imagine a red fox. */
  readonly shown: string
  /** The conversation that it goes on with, where that is not told by the place. */
  readonly key?: ThreadKey | undefined
  /** May throw AppError. */
  readonly said: (key: ThreadKey) => Promise<Said>
}

/**
 * Takes a command that everybody sees: the answer to the interaction shows at once who wants what, and in a server's
 * channel becomes the root of a thread. The result comes as the bot's own messages. What is refused is told the person
 * alone, and nothing of it stays.
 */
export async function beginInPublic(
  tools: InteractionTools,
  interaction: ChatInputCommandInteraction | ModalSubmitInteraction,
  spot: Spot,
  command: PublicCommand,
): Promise<void> {
  const { bot, destinations, log } = tools
  let rootId: string | undefined
  const defer = async () => {
    rootId = (await interaction.deferReply({ withResponse: true })).resource?.message?.id
  }
  if (!(await acknowledged(defer, log))) return
  const begins = command.key === undefined && isOpenChannel(spot)
  const key = command.key ?? (begins ? keyOfRoot(spot, rootId ?? (await interaction.fetchReply()).id) : keyOfSpot(spot))
  if (begins) destinations.begun(key)
  const author = userOf(interaction)
  const shown = `**${escapeMarkdown(author.name)}**: ${escapeMarkdown(command.shown)}`
  await interaction
    .editReply({ content: shortened(shown, discordLimits.text), allowedMentions: { parse: [] } })
    .catch((error: unknown) => log.warn({ err: error }, 'what was asked for could not be shown'))
  const language = languageFor(interaction)
  const base = {
    type: 'message',
    key,
    eventId: interaction.id,
    author,
    receivedAt: interaction.createdTimestamp,
  } as const
  let answer: Answer | undefined
  try {
    const said = await command.said(key)
    answer = await handed(bot, { ...base, ...said, locale: interaction.locale }, language, log)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    answer = refusalOf(error, language)
  }
  if (!answer) return
  await interaction.deleteReply().catch(() => undefined) // nothing follows it
  await sayPrivately(tools, interaction, answer, key)
}
