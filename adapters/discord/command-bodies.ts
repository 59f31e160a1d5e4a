import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
  type APIApplicationCommandBasicOption,
  type RESTPostAPIApplicationCommandsJSONBody,
} from 'discord.js'
import { commandSpecs, optionShapes, type CommandSpec, type OptionShape } from '../../src/contract/command-specs.ts'
import { commandNames, type CommandName } from '../../src/contract/incoming.ts'
import { sentencesIn, type Sentences } from '../../src/language/sentences.ts'
import { discordLimits } from './options.ts'
import { pictureMenus } from './picture-menu.ts'

type Said = Sentences['commands']

const english = sentencesIn('en').commands
const chinese = sentencesIn('zh').commands

/** A sentence of the catalogues as Discord takes it: in English, and in Chinese beside it. */
function told(find: (said: Said) => string | undefined): { text: string; other: { 'zh-CN': string } } {
  const text = find(english) ?? ''
  return { text, other: { 'zh-CN': find(chinese) ?? text } }
}

const described = (find: (said: Said) => string | undefined) => {
  const { text, other } = told(find)
  return { description: text, description_localizations: other }
}

const named = (find: (said: Said) => string | undefined) => {
  const { text, other } = told(find)
  return { name: text, name_localizations: other }
}

/** Servers and direct messages with the bot. */
const everywhere = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  integration_types: [ApplicationIntegrationType.GuildInstall],
}

/** Permissions are a number in Discord's description, a number in a text in its library's types. */
export type CommandBody = Omit<RESTPostAPIApplicationCommandsJSONBody, 'default_member_permissions'> & {
  readonly default_member_permissions?: number
  readonly options?: readonly APIApplicationCommandBasicOption[]
}

/** Every command and menu entry, as Discord is told them. */
export function commandBodies(): readonly CommandBody[] {
  return [...commandNames.map((name) => slashCommand(name, commandSpecs[name])), ...menuEntries()]
}

function slashCommand(name: CommandName, spec: CommandSpec): CommandBody {
  const words = spec.words ? [wordsOption(name, spec.words)] : []
  const files = spec.files.map((file) => ({
    type: ApplicationCommandOptionType.Attachment as const,
    name: file,
    ...described(({ options }) => optionText(options, file)),
    required: false,
  }))
  const room = discordLimits.commandOptions - words.length - files.length
  const values = fitting(spec.options, room).map((option) => valueOption(option, optionShapes[option]!))
  const options = [...words, ...files, ...values]
  return {
    type: ApplicationCommandType.ChatInput,
    ...named(({ names }) => names[name]),
    ...described(({ about }) => about[name]),
    options: [...options],
    ...everywhere,
    ...(spec.isForAdmins ? { default_member_permissions: Number(PermissionFlagsBits.ManageGuild) } : {}),
  }
}

/** Options that are given up where a command has more than Discord takes: settings of the thread say them too. */
const dispensable = ['mllm', 't2i', 'lora', 'inpaint-model']

function fitting(options: readonly string[], room: number): readonly string[] {
  const given = dispensable.filter((name) => options.includes(name)).slice(0, Math.max(0, options.length - room))
  return options.filter((name) => !given.includes(name))
}

function wordsOption(command: CommandName, { name, required }: NonNullable<CommandSpec['words']>) {
  const find = ({ words }: Said) => (Object.hasOwn(words, command) ? words[command as keyof Said['words']] : undefined)
  return {
    type: ApplicationCommandOptionType.String as const,
    name,
    ...described(find),
    required,
    max_length: discordLimits.commandText,
  }
}

const optionText = (options: Said['options'], name: string): string | undefined =>
  options[name as keyof Said['options']]

function valueOption(name: string, shape: OptionShape): APIApplicationCommandBasicOption {
  const base = { name, ...described(({ options }) => optionText(options, name)), required: false }
  switch (shape.type) {
    case 'text':
      return { type: ApplicationCommandOptionType.String, ...base }
    case 'choice':
      return {
        type: ApplicationCommandOptionType.String,
        ...base,
        choices: shape.choices.map((choice) => ({ name: choice, value: choice })),
      }
    case 'switch':
      return { type: ApplicationCommandOptionType.Boolean, ...base }
    case 'number': {
      const range = { min_value: shape.min, max_value: shape.max }
      return shape.whole
        ? { type: ApplicationCommandOptionType.Integer, ...base, ...range }
        : { type: ApplicationCommandOptionType.Number, ...base, ...range }
    }
  }
}

const menuEntries = (): readonly CommandBody[] =>
  (Object.keys(pictureMenus) as (keyof typeof pictureMenus)[]).map((menu) => ({
    type: ApplicationCommandType.Message,
    ...named(({ menus }) => menus[menu]),
    ...everywhere,
  }))
