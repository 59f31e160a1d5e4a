import { AppError } from '../../src/contract/errors.ts'
import { slackAddress } from './hosts.ts'
import type { SlackOptions } from './options.ts'

/**
 * Fetches one of Slack's files with the bot's token, at most `limitBytes` of it. Redirects are not followed: the token
 * goes to no other place. Throws AppError `access/denied` for other addresses and where Slack asks to sign in instead,
 * `input/not-found`, `image/too-large`, `image/unreadable`.
 */
export async function download(
  link: string,
  limitBytes: number,
  signal: AbortSignal,
  { botToken, apiUrl }: Pick<SlackOptions, 'botToken' | 'apiUrl'>,
): Promise<Uint8Array> {
  const url = slackAddress(link, apiUrl)
  if (!url)
    throw new AppError('access/denied', {
      message: 'that link does not lead to a file on Slack',
      hint: 'Send the picture itself.',
    })
  const response = await get(url, botToken, signal)
  if (!response.ok || !response.body || asksToSignIn(response, url)) {
    await response.body?.cancel()
    throw refusalOf(response)
  }
  return readLimited(response.body, Number(response.headers.get('content-length') ?? 0), limitBytes)
}

async function get(url: URL, botToken: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal, redirect: 'manual', headers: { authorization: `Bearer ${botToken}` } })
  } catch (error) {
    if (signal.aborted) throw error
    throw unreadable('the connection to Slack failed', true, error)
  }
}

/** Without files:read Slack answers its sign-in page, with status 200 or as a redirect. */
const asksToSignIn = ({ headers }: Response, url: URL): boolean =>
  (headers.get('content-type') ?? '').startsWith('text/html') && !/\.html?$/i.test(url.pathname)

function refusalOf({ status }: Response): AppError {
  if (status === 404 || status === 410)
    return new AppError('input/not-found', { message: 'that file is not on Slack any more', hint: 'Send it again.' })
  if (status >= 500 || status === 429) return unreadable(`Slack answered ${status}`, true)
  return new AppError('access/denied', {
    message: 'Slack does not show that file to the bot',
    hint: 'Invite the bot to the channel of that file and send it again; an admin may have to give the app the scope files:read and install it anew.',
  })
}

async function readLimited(
  body: ReadableStream<Uint8Array>,
  declared: number,
  limitBytes: number,
): Promise<Uint8Array> {
  if (declared > limitBytes) {
    await body.cancel()
    throw tooLarge(limitBytes)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > limitBytes) throw tooLarge(limitBytes) // leaving the loop cancels the rest
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = (limit: number) =>
  new AppError('image/too-large', {
    message: `that file has more than ${limit} bytes`,
    hint: 'Send a smaller one.',
    details: { limit },
  })

const unreadable = (why: string, retryable: boolean, cause?: unknown) =>
  new AppError('image/unreadable', {
    message: `the picture could not be fetched: ${why}`,
    hint: 'Send it again.',
    retryable,
    cause,
  })
