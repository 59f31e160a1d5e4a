import { storeFile } from './messages.ts'
import type { UploadedFile, WireAttachment, WireChannel, WireCommand, WireCommandOption } from './wire.ts'
import type { World } from './world.ts'

export interface FileToSend {
  readonly name: string
  readonly bytes: Uint8Array
  readonly mediaType?: string
}
export type OptionValue = string | number | boolean | FileToSend

const optionTypes = { subcommand: 1, string: 3, integer: 4, boolean: 5, number: 10, attachment: 11 } as const

export const toUpload = ({ name, bytes, mediaType }: FileToSend, index: number): UploadedFile => ({
  index,
  name,
  bytes,
  mediaType: mediaType ?? (/\.png$/i.test(name) ? 'image/png' : 'application/octet-stream'),
})

/** A registered command by its name; a sub-command follows after a space. Throws when there is none. */
export function commandNamed(world: World, name: string, type: number, guildId: string | undefined): WireCommand {
  const all = [...(world.commands.get(guildId ?? '-') ?? []), ...(world.commands.get('') ?? [])]
  const found = all.find((command) => command.name === name && command.type === type)
  if (!found) throw new Error(`no command ${name} among ${all.map((command) => command.name).join(', ')}`)
  return found
}

/**
 * What Discord sends for a command with these options, after its own checks: a required one missing, an unknown one, a
 * value that is none of the choices are refused before the bot hears of it.
 */
export function commandData(
  world: World,
  channel: WireChannel,
  command: WireCommand,
  subcommand: string | undefined,
  values: Readonly<Record<string, OptionValue>>,
): object {
  const attachments: Record<string, WireAttachment> = {}
  const inner = command.options?.find(({ name, type }) => name === subcommand && type === optionTypes.subcommand)
  if (subcommand !== undefined && !inner) throw new Error(`/${command.name} has no ${subcommand}`)
  const specs = (inner ?? command).options ?? []
  const unknown = Object.keys(values).find((name) => !specs.some((spec) => spec.name === name))
  if (unknown !== undefined) throw new Error(`/${command.name} has no option ${unknown}`)
  const options = specs.flatMap((spec) => {
    const value = values[spec.name]
    if (value === undefined && spec.required) throw new Error(`/${command.name} needs ${spec.name}`)
    return value === undefined ? [] : [{ name: spec.name, type: spec.type, value: valueFor(spec, value) }]
  })

  function valueFor(spec: WireCommandOption, value: OptionValue): string | number | boolean {
    if (typeof value === 'object') {
      if (spec.type !== optionTypes.attachment) throw new Error(`${spec.name} takes no file`)
      const attachment = storeFile(world, channel, toUpload(value, 0))
      attachments[attachment.id] = attachment
      return attachment.id
    }
    checkValue(spec, value)
    return value
  }

  return {
    id: command.id,
    name: command.name,
    type: command.type,
    options: inner ? [{ name: inner.name, type: inner.type, options }] : options,
    ...(Object.keys(attachments).length > 0 && { resolved: { attachments } }),
  }
}

function checkValue({ name, type, choices, ...limits }: WireCommandOption, value: string | number | boolean): void {
  const { min_value = -Infinity, max_value = Infinity, max_length = 6000 } = limits
  const kinds: Record<number, string> = { 3: 'string', 4: 'number', 5: 'boolean', 10: 'number' }
  const wrong =
    typeof value !== kinds[type] ||
    (type === optionTypes.integer && !Number.isInteger(value)) ||
    (choices && !choices.some((choice) => choice.value === value)) ||
    (typeof value === 'number' && (value < min_value || value > max_value)) ||
    (typeof value === 'string' && value.length > max_length)
  if (wrong) throw new Error(`${name} cannot be ${String(value).slice(0, 50)}`)
}
