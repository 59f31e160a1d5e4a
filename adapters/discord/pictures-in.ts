import type { Attachment as DiscordAttachment, Message } from 'discord.js'
import type { Attachment } from '../../src/contract/incoming.ts'
import { fileAddress } from './hosts.ts'
import { cleanFileName, nameOfLink } from './words-in.ts'

type Told = Pick<DiscordAttachment, 'name' | 'contentType' | 'url' | 'size'>

/** A file of Discord's as one of the contract: its bytes stay there until the bot fetches them. */
export const attachmentOf = ({ name, contentType, url, size }: Told): Attachment => ({
  name: cleanFileName(name),
  ...(contentType === null ? {} : { mediaType: contentType }),
  source: { url, sizeBytes: size },
})

/** A link to a file on Discord. */
export const attachmentOfLink = (url: string): Attachment => ({ name: nameOfLink(url), source: { url } })

const isPicture = ({ contentType, name }: Told): boolean =>
  contentType?.startsWith('image/') ?? /\.(png|jpe?g|webp|gif|avif|bmp|tiff?)$/i.test(name)

type Shown = Pick<Message, 'attachments' | 'embeds' | 'messageSnapshots'>

/** The pictures that a message shows: attached, forwarded, or unfolded from a link to Discord's own files. */
export function picturesShown({ attachments, embeds, messageSnapshots }: Shown, cdnUrl: string): readonly Attachment[] {
  const forwarded = [...messageSnapshots.values()].flatMap((snapshot) => [...snapshot.attachments.values()])
  const attached = [...attachments.values(), ...forwarded].filter(isPicture).map(attachmentOf)
  const unfolded = embeds.flatMap(({ image, thumbnail }) => image?.url ?? thumbnail?.url ?? [])
  return [...attached, ...unfolded.filter((url) => fileAddress(url, cdnUrl)).map(attachmentOfLink)]
}
