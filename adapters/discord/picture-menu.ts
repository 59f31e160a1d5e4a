import type { MessageContextMenuCommandInteraction, ModalSubmitInteraction } from 'discord.js'
import type { Attachment } from '../../src/contract/incoming.ts'
import { threadKeyString, type ThreadKey } from '../../src/contract/thread.ts'
import { sentencesIn } from '../../src/language/sentences.ts'
import { beginInPublic, type Said } from './begin-in-public.ts'
import { acknowledged, languageFor, sayPrivately, type InteractionTools } from './interaction-answers.ts'
import { valuesOf, wordsModal } from './modals.ts'
import { picturesShown } from './pictures-in.ts'
import { keyOfSpot, isOpenChannel, type Spot } from './spot.ts'

/** Entries of the menu on every message, by the names that they are registered under. */
export const pictureMenus = {
  edit: sentencesIn('en').commands.menus.edit,
  describe: sentencesIn('en').commands.menus.describe,
}
type Menu = keyof typeof pictureMenus

/** What a menu was opened on: Discord tells it then, and not once more when the form comes back. */
interface Target {
  readonly menu: Menu
  readonly pictures: readonly Attachment[]
  readonly imageId: string | undefined
  /** The conversation that shows the picture, if it is one of the bot's. */
  readonly key: ThreadKey | undefined
  readonly url: string
}

/** Forms that are open at the same time, at most. */
const openForms = 500
const formPrefix = 'picture-menu:'
const wordsName = 'words'

/** "Edit this picture" and "Describe this picture" on anybody's message. */
export function createPictureMenus(tools: InteractionTools) {
  const targets = new Map<string, Target>()

  function remember(id: string, target: Target): void {
    targets.set(id, target)
    const oldest = targets.keys().next()
    if (targets.size > openForms && !oldest.done) targets.delete(oldest.value)
  }

  return {
    isForm: ({ customId }: ModalSubmitInteraction): boolean => customId.startsWith(formPrefix),

    /** Asks what is to be done with the picture. */
    async open(interaction: MessageContextMenuCommandInteraction, spot: Spot): Promise<void> {
      const menu: Menu = interaction.commandName === pictureMenus.describe ? 'describe' : 'edit'
      const { discord, commands } = sentencesIn(languageFor(interaction))
      const target = await targetOf(tools, interaction, spot, menu)
      if (target.imageId === undefined && target.pictures.length === 0)
        return sayPrivately(tools, interaction, { text: discord.noPicture })
      remember(interaction.id, target)
      const asked = menu === 'edit' ? discord.form.change : discord.form.question
      const field = { name: wordsName, label: asked, required: menu === 'edit' }
      const modal = wordsModal(`${formPrefix}${interaction.id}`, commands.menus[menu], field)
      await acknowledged(() => interaction.showModal(modal), tools.log)
    },

    async take(interaction: ModalSubmitInteraction, spot: Spot): Promise<void> {
      const target = targets.get(interaction.customId.slice(formPrefix.length))
      const { tooLate } = sentencesIn(languageFor(interaction)).discord
      if (!target) return sayPrivately(tools, interaction, { text: tooLate })
      const words = valuesOf(interaction).values[wordsName] ?? ''
      await beginInPublic(tools, interaction, spot, {
        shown: [`/${target.menu}`, words, target.url].filter((part) => part !== '').join(' '),
        key: target.key,
        said: async (key) => saidOf(target, words, key),
      })
    },
  }
}

async function targetOf(
  { poster, destinations, options }: InteractionTools,
  { targetMessage }: MessageContextMenuCommandInteraction,
  spot: Spot,
  menu: Menu,
): Promise<Target> {
  const [imageId] = await poster.imagesShownBy(spot.channelId, targetMessage.id)
  const placed = await destinations.keyAt(targetMessage.id)
  return {
    menu,
    pictures: picturesShown(targetMessage, options.cdnUrl),
    imageId,
    key: imageId === undefined ? undefined : (placed ?? (isOpenChannel(spot) ? undefined : keyOfSpot(spot))),
    url: targetMessage.url,
  }
}

/** The bot's own pictures are named, where the conversation is theirs; others come along. */
function saidOf({ menu, pictures, imageId, key: shownIn }: Target, words: string, key: ThreadKey): Said {
  const isHere = imageId !== undefined && shownIn !== undefined && threadKeyString(shownIn) === threadKeyString(key)
  return {
    text: words,
    command: { name: menu, options: {} },
    attachments: isHere ? [] : pictures,
    ...(isHere ? { replyToImageId: imageId } : {}),
  }
}
