import { ApplicationCommandOptionType, MessageFlags, type ChatInputCommandInteraction } from 'discord.js'
import { commandSpecs, type CommandSpec } from '../../src/contract/command-specs.ts'
import { AppError } from '../../src/contract/errors.ts'
import { commandNames, type Attachment, type CommandName } from '../../src/contract/incoming.ts'
import { beginInPublic, type Said } from './begin-in-public.ts'
import { download } from './download.ts'
import { acknowledged, languageFor, sayPrivately, type InteractionTools } from './interaction-answers.ts'
import { attachmentOf } from './pictures-in.ts'
import { handed } from './receive.ts'
import { keyOfSpot, userOf, type Spot } from './spot.ts'

/** A mask and its picture are fetched at once, to be told apart; they have at most so many bytes. */
const fetchedBytes = 32 * 2 ** 20
const fetchMs = 20_000

/** Takes a slash command. */
export async function takeCommand(
  tools: InteractionTools,
  interaction: ChatInputCommandInteraction,
  spot: Spot,
): Promise<void> {
  const name = commandNames.find((one) => one === interaction.commandName)
  if (!name) return sayPrivately(tools, interaction, { text: unknownCommand(interaction.commandName).message })
  const spec: CommandSpec = commandSpecs[name]
  const said = () => saidIn(interaction, name, spec, tools.options.cdnUrl)
  if (spec.isPrivate) return takePrivately(tools, interaction, spot, said)
  return beginInPublic(tools, interaction, spot, { shown: shownCommand(interaction, spec), said })
}

const unknownCommand = (name: string) =>
  new AppError('input/unknown-option', { message: `There is no command /${name} any more.` })

/** A command whose answer is for the person alone, in the conversation of the place. */
async function takePrivately(
  tools: InteractionTools,
  interaction: ChatInputCommandInteraction,
  spot: Spot,
  said: () => Promise<Said>,
): Promise<void> {
  const { bot, log } = tools
  if (!(await acknowledged(() => interaction.deferReply({ flags: MessageFlags.Ephemeral }), log))) return
  const key = keyOfSpot(spot)
  const author = userOf(interaction)
  const base = {
    type: 'message',
    key,
    eventId: interaction.id,
    author,
    receivedAt: interaction.createdTimestamp,
  } as const
  const incoming = { ...base, ...(await said()), locale: interaction.locale }
  const answer = await handed(bot, incoming, languageFor(interaction), log)
  if (answer) await sayPrivately(tools, interaction, answer, key)
  else await interaction.deleteReply() // the answer comes as a reply
}

type Options = ChatInputCommandInteraction['options']['data']

/** What a command says: its words, its options by the bot's names, its files. Throws AppError for a file that is refused. */
async function saidIn(
  interaction: ChatInputCommandInteraction,
  name: CommandName,
  spec: CommandSpec,
  cdnUrl: string,
): Promise<Said> {
  const given = interaction.options.data
  const options = given.flatMap(({ name: option, value, type }) =>
    option === spec.words?.name || value === undefined || type === ApplicationCommandOptionType.Attachment
      ? []
      : [[option, value] as const],
  )
  return {
    text: wordsIn(given, spec),
    command: { name, options: Object.fromEntries(options) },
    attachments: await filesIn(given, cdnUrl),
  }
}

const wordsIn = (given: Options, { words }: CommandSpec): string =>
  String(given.find(({ name }) => name === words?.name)?.value ?? '')

/** The picture comes before the mask; both bring their bytes where there is a mask. */
async function filesIn(given: Options, cdnUrl: string): Promise<readonly Attachment[]> {
  const find = (name: string) => given.find((option) => option.name === name)?.attachment
  const files = [find('image'), find('mask')].flatMap((file) => (file ? [attachmentOf(file)] : []))
  if (!find('mask')) return files
  return Promise.all(files.map((file) => fetched(file, cdnUrl)))
}

async function fetched(file: Attachment, cdnUrl: string): Promise<Attachment> {
  if ('bytes' in file.source) return file
  const bytes = await download(file.source.url, fetchedBytes, AbortSignal.timeout(fetchMs), cdnUrl)
  return { ...file, source: { bytes } }
}

/** A command as others see it: /imagine a red fox --seed 7. */
function shownCommand({ commandName, options }: ChatInputCommandInteraction, spec: CommandSpec): string {
  const rest = options.data.flatMap(({ name, value, attachment }) => {
    if (name === spec.words?.name) return []
    return attachment ? [`(${attachment.name})`] : [`--${name} ${String(value)}`]
  })
  return [`/${commandName}`, wordsIn(options.data, spec), ...rest].filter((part) => part !== '').join(' ')
}
