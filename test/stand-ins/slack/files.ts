import type { JsonObject } from './json.ts'
import type { MethodContext } from './methods.ts'
import type { SlackFile, SlackState } from './state.ts'

/** The kind of a file from its first bytes, as Slack finds it out after the upload. */
export function sniff(bytes: Buffer): string {
  const start = bytes.subarray(0, 12).toString('latin1')
  if (start.startsWith('\x89PNG')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('GIF8')) return 'image/gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  if (start.startsWith('%PDF')) return 'application/pdf'
  if (start.startsWith('PK')) return 'application/zip'
  return /^\s*</.test(start) ? 'text/html' : 'text/plain'
}

/** A file that Slack has finished with. */
export const isReady = (file: SlackFile): boolean => !file.deleted && file.pollsLeft === 0

/** Whether a block may show a file, named by its id or one of its addresses. */
export const fileReadyIn =
  (state: SlackState) =>
  (idOrUrl: string): boolean => {
    const id = /F[A-Z0-9]{8,}/.exec(idOrUrl)?.[0] ?? ''
    const file = state.files.get(id)
    return file !== undefined && isReady(file)
  }

/** A file as the API tells it: before it is finished it has no type and no size in pixels. */
export function fileToSlack(file: SlackFile, { base }: Pick<MethodContext, 'base'>): JsonObject {
  const address = `${base}/files-pri/${file.teamId}-${file.id}`
  const name = encodeURIComponent(file.name.toLowerCase())
  const ready = isReady(file)
  return {
    id: file.id,
    created: 0,
    name: file.name,
    title: file.title,
    mimetype: ready ? file.mimetype : '',
    filetype: ready ? (file.mimetype.split('/')[1] ?? '') : '',
    user: file.user,
    user_team: file.teamId,
    mode: 'hosted',
    size: file.bytes?.length ?? file.declaredBytes,
    file_access: 'visible',
    channels: [...file.channels],
    shares: {},
    url_private: `${address}/${name}`,
    url_private_download: `${address}/download/${name}`,
    permalink: `${base}/files/${file.user}/${file.id}/${name}`,
    ...(ready && file.mimetype.startsWith('image/') ? { alt_txt: file.altText, ...sizeOf(file) } : {}),
  }
}

/** Pixels of a PNG; others are told without. */
function sizeOf({ bytes, mimetype }: SlackFile): JsonObject {
  if (mimetype !== 'image/png' || bytes === undefined || bytes.length < 24) return {}
  return { original_w: bytes.readUInt32BE(16), original_h: bytes.readUInt32BE(20) }
}

/** A file that a person puts into a channel: it is finished at once. */
export function addFile(
  state: SlackState,
  given: Pick<SlackFile, 'teamId' | 'user' | 'name'> & { readonly bytes: Buffer; readonly mimetype?: string },
): SlackFile {
  const file: SlackFile = {
    ...given,
    id: state.id('F'),
    title: given.name,
    altText: '',
    declaredBytes: given.bytes.length,
    mimetype: given.mimetype ?? sniff(given.bytes),
    pollsLeft: 0,
    channels: new Set(),
    deleted: false,
  }
  state.files.set(file.id, file)
  return file
}
