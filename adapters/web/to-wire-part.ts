import type { Control, DrawingProgress, Field, OutgoingImage, Part } from '../../src/contract/outgoing.ts'
import type { WireControl, WireField, WireImage, WirePart } from './wire.ts'

/** A part of a reply for the page: pictures and files by address, the preview as a data: URL. */
export function toWirePart(part: Part, threadId: string): WirePart {
  const wire = (image: OutgoingImage): WireImage => toWireImage(image, threadId)
  switch (part.type) {
    case 'images':
      return { ...part, images: part.images.map(wire) }
    case 'change': {
      const { before, after, mask, ...words } = part
      return { ...words, before: wire(before), ...(after && { after: wire(after) }), ...(mask && { mask: wire(mask) }) }
    }
    case 'file': {
      const { sha256, ...file } = part
      const url = fileUrl(threadId, sha256, part.name)
      return { ...file, url, downloadUrl: `${url}?download` }
    }
    case 'route':
    case 'controls':
      return { ...part, controls: part.controls.map((control) => toWireControl(control, addressIn(threadId))) }
    case 'error': {
      const { code, retryable } = part.error
      return { type: 'error', error: { code, retryable }, sentence: part.sentence }
    }
    case 'progress': {
      if (part.progress.phase !== 'drawing') return { type: 'progress', progress: part.progress }
      const { preview, ...figures } = part.progress
      return {
        type: 'progress',
        progress: preview === undefined ? figures : { ...figures, previewUrl: dataUrl(preview) },
      }
    }
    case 'text':
    case 'prompt':
    case 'notice':
      return part
  }
}

export const toWireImage = (image: OutgoingImage, threadId: string): WireImage =>
  toAddressed(image, addressIn(threadId))

/** Where the bytes of a picture are, by their hash. */
export type Address = (sha256: string) => string

const addressIn =
  (threadId: string): Address =>
  (sha256) =>
    blobUrl(threadId, sha256)

function toAddressed({ sha256, ...image }: OutgoingImage, address: Address): WireImage {
  const url = address(sha256)
  return { ...image, url, downloadUrl: `${url}?download` }
}

/** Address of a picture's bytes; the hash makes it immutable. */
export const blobUrl = (threadId: string, sha256: string): string =>
  `/api/threads/${encodeURIComponent(threadId)}/blobs/${sha256}`

const fileUrl = (threadId: string, sha256: string, name: string): string =>
  `/api/threads/${encodeURIComponent(threadId)}/files/${sha256}/${encodeURIComponent(name)}`

/** A control with its form; the pictures of a mask are at `address`. */
export function toWireControl({ fields, ...control }: Control, address: Address): WireControl {
  return fields === undefined ? control : { ...control, fields: fields.map((field) => toWireField(field, address)) }
}

function toWireField(field: Field, address: Address): WireField {
  if (field.type !== 'mask') return field
  const { image, maskSha256, ...mask } = field
  const begun = maskSha256 === undefined ? {} : { maskUrl: address(maskSha256) }
  return { ...mask, image: toAddressed(image, address), ...begun }
}

type Preview = NonNullable<DrawingProgress['preview']>
const previewUrls = new WeakMap<Uint8Array, string>()

/** A preview stays for several states; it is encoded once. */
function dataUrl({ bytes, mediaType }: Preview): string {
  const known = previewUrls.get(bytes)
  if (known !== undefined) return known
  const url = `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`
  previewUrls.set(bytes, url)
  return url
}
