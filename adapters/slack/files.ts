import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../src/contract/errors.ts'
import { SurfaceError } from '../chat/surface.ts'
import { slackAddress } from './hosts.ts'
import type { SlackOptions, SlackTiming } from './options.ts'
import type { WebClient } from './web-client.ts'

/** A file as it goes to Slack. */
export interface NewFile {
  readonly bytes: Uint8Array
  readonly name: string
}

/** A place for a file of its own: a direct conversation. */
export interface FilePlace {
  readonly channelId: string
  readonly comment: string
}

/** Questions whether Slack has finished with a file, before it is given up. */
const mostPolls = 8

/**
 * Brings a file to Slack: asks for an address, sends the bytes, says that they are there, and waits until Slack has
 * looked at them. Without a place nobody sees it until a message shows it. Answers with its id. Throws what the client
 * throws and `SurfaceError` later where Slack does not come to an end.
 */
export async function upload(
  client: WebClient,
  file: NewFile,
  { apiUrl, timing, place }: Pick<SlackOptions, 'apiUrl'> & { timing: SlackTiming; place?: FilePlace },
): Promise<string> {
  const { upload_url: url, file_id: id } = await client.files.getUploadURLExternal({
    filename: cleanName(file.name),
    length: file.bytes.length,
  })
  if (!url || !id) throw new SurfaceError('later', 'Slack gave no address for an upload', { retryAfterMs: 2000 })
  await send(url, file.bytes, apiUrl, timing)
  await client.files.completeUploadExternal({
    files: [{ id, title: cleanName(file.name) }],
    ...(place ? { channel_id: place.channelId, initial_comment: place.comment } : {}),
  })
  if (!place) await untilFinished(client, id, timing)
  return id
}

/** The bytes go without the token, and to Slack alone. */
async function send(url: string, bytes: Uint8Array, apiUrl: string, { requestMs }: SlackTiming): Promise<void> {
  const address = slackAddress(url, apiUrl)
  if (!address)
    throw new AppError('access/denied', { message: 'Slack named an address for an upload that is not its own' })
  const response = await fetch(address, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
    redirect: 'error',
    signal: AbortSignal.timeout(requestMs),
  })
  await response.arrayBuffer()
  if (response.ok) return
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 2) * 1000
  const kind = response.status === 413 ? 'refused' : 'later'
  throw new SurfaceError(kind, `Slack answered ${response.status} to an upload`, { retryAfterMs })
}

/** A block with a file that Slack has not finished with is refused. */
async function untilFinished(client: WebClient, id: string, { filePollMs }: SlackTiming): Promise<void> {
  for (let poll = 0; poll < mostPolls; poll++) {
    const { file } = await client.files.info({ file: id })
    if (file?.mimetype) return
    await sleep(Math.min(filePollMs * 2 ** poll, 4000))
  }
  throw new SurfaceError('later', 'Slack has not finished with an upload', { retryAfterMs: 2000 })
}

/** A name without paths, control characters and marks of direction, at most 100 characters. */
export function cleanName(name: string): string {
  const bare = name.replaceAll(/[\p{Cc}\p{Cf}<>:"/\\|?*&]+/gu, '-').replace(/^[.\s-]+/, '')
  const dot = bare.lastIndexOf('.')
  const ending = dot > 0 && bare.length - dot <= 8 ? bare.slice(dot) : ''
  const stem = [...bare.slice(0, bare.length - ending.length)].slice(0, 90).join('').trim()
  return `${stem === '' ? 'file' : stem}${ending}`
}
