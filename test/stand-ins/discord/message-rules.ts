import {
  componentTypes,
  messageFlags,
  type MessageBody,
  type UploadedFile,
  type WireComponent,
  type WireEmbed,
} from './wire.ts'

/** Every component below the given ones, themselves included. */
export function allComponents(components: readonly WireComponent[]): readonly WireComponent[] {
  return components.flatMap((component) => {
    const inner = [...(component.components ?? []), component.component, component.accessory]
    return [component, ...allComponents(inner.filter((part) => part !== undefined))]
  })
}

const embedLength = ({ title, description, footer, author, fields }: WireEmbed) =>
  [title, description, footer?.text, author?.name, ...(fields ?? []).flatMap(({ name, value }) => [name, value])]
    .map((text) => text?.length ?? 0)
    .reduce((sum, length) => sum + length, 0)

/** Discord's rules about a message that its description does not say. Empty when all are kept. */
export function messageErrors(body: MessageBody, files: readonly UploadedFile[]): readonly string[] {
  const embeds = (body.embeds ?? []).reduce((sum, embed) => sum + embedLength(embed), 0)
  const newStyle = ((body.flags ?? 0) & messageFlags.componentsV2) !== 0
  const said = (body.content ?? '') !== '' || (body.embeds ?? []).length > 0
  return [
    ...((body.content ?? '').length > 2000 ? [`content has ${body.content!.length} characters, at most 2000`] : []),
    ...(embeds > 6000 ? [`embeds have ${embeds} characters together, at most 6000`] : []),
    ...(newStyle && said ? ['a message of components v2 has neither content nor embeds'] : []),
    ...componentErrors(body.components ?? [], newStyle),
    ...attachmentErrors(body, files),
  ]
}

function componentErrors(components: readonly WireComponent[], newStyle: boolean): readonly string[] {
  const all = allComponents(components)
  const ids = all.map(({ custom_id }) => custom_id).filter((id) => id !== undefined)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  const rows = components.filter(({ type }) => type === componentTypes.row)
  return [
    ...(twice === undefined ? [] : [`custom_id ${twice} is there twice`]),
    ...(!newStyle && rows.length !== components.length ? ['components v2 without their flag'] : []),
    ...(!newStyle && components.length > 5 ? [`${components.length} rows, at most 5`] : []),
    ...(newStyle && all.length > 40 ? [`${all.length} components, at most 40`] : []),
    ...rows.flatMap((row) => rowErrors(row.components ?? [])),
    ...all.flatMap(buttonErrors),
    ...all.flatMap(selectErrors),
  ]
}

function rowErrors(row: readonly WireComponent[]): readonly string[] {
  const buttons = row.filter(({ type }) => type === componentTypes.button).length
  return buttons === row.length || row.length === 1 ? [] : ['a row has five buttons or one menu']
}

const linkStyle = 5
function buttonErrors({ type, style, custom_id, url, label, emoji }: WireComponent): readonly string[] {
  if (type !== componentTypes.button) return []
  const named = (label ?? '') !== '' || emoji !== undefined
  const aimed = style === linkStyle ? url !== undefined && custom_id === undefined : custom_id !== undefined
  return [
    ...(named ? [] : ['a button without a label']),
    ...(aimed ? [] : [`button ${label ?? ''} needs ${style === linkStyle ? 'a url alone' : 'a custom_id'}`]),
  ]
}

function selectErrors({ type, options = [], custom_id }: WireComponent): readonly string[] {
  if (type !== componentTypes.select) return []
  const values = options.map(({ value }) => value)
  return [
    ...(options.length === 0 ? [`menu ${custom_id ?? ''} has no options`] : []),
    ...(new Set(values).size === values.length ? [] : [`menu ${custom_id ?? ''} has a value twice`]),
  ]
}

function attachmentErrors({ attachments }: MessageBody, files: readonly UploadedFile[]): readonly string[] {
  if (files.length > 10) return [`${files.length} files, at most 10`]
  const listed = (attachments ?? []).map(({ id }) => String(id))
  const unlisted = attachments ? files.filter(({ index }) => !listed.includes(String(index))) : []
  return [
    ...(new Set(listed).size === listed.length ? [] : ['attachments name an id twice']),
    ...unlisted.map(({ index }) => `files[${index}] is not among the attachments`),
  ]
}
