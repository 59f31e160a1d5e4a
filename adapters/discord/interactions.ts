import type { Interaction } from 'discord.js'
import { sentencesIn } from '../../src/language/sentences.ts'
import { isAllowed } from './access.ts'
import { takeCommand } from './commands.ts'
import { takeForm, takePress } from './controls-in.ts'
import { languageFor, sayPrivately, type Answerable, type InteractionTools } from './interaction-answers.ts'
import { createPictureMenus } from './picture-menu.ts'
import { placeOf, rolesOfUser, spotOf, type Spot } from './spot.ts'
import type { UploadLimits } from './upload-limits.ts'

/** Takes what people do with commands, menus, buttons and forms. */
export function createInteractions(tools: InteractionTools & { readonly limits: UploadLimits }) {
  const menus = createPictureMenus(tools)

  async function takeAllowed(interaction: Answerable, spot: Spot): Promise<void> {
    if (interaction.isChatInputCommand()) return takeCommand(tools, interaction, spot)
    if (interaction.isMessageContextMenuCommand()) return menus.open(interaction, spot)
    if (interaction.isModalSubmit())
      return menus.isForm(interaction) ? menus.take(interaction, spot) : takeForm(tools, interaction, spot)
    if (interaction.isButton()) return takePress(tools, interaction, spot, interaction.customId)
    if (interaction.isStringSelectMenu()) return takePress(tools, interaction, spot, interaction.values[0] ?? '')
  }

  return async function take(interaction: Interaction): Promise<void> {
    if (!isAnswerable(interaction)) return
    tools.limits.learn(interaction.guildId, interaction.attachmentSizeLimit)
    const spot = await spotOf(interaction.client, interaction)
    if (isAllowed(tools.options, placeOf(spot, rolesOfUser(interaction)))) return takeAllowed(interaction, spot)
    await sayPrivately(tools, interaction, { text: sentencesIn(languageFor(interaction)).discord.notHere })
  }
}

const isAnswerable = (interaction: Interaction): interaction is Interaction & Answerable =>
  interaction.isChatInputCommand() ||
  interaction.isMessageContextMenuCommand() ||
  interaction.isMessageComponent() ||
  interaction.isModalSubmit()
