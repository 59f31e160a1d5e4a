import { AppError } from '../../src/contract/errors.ts'
import { fileAddress } from './hosts.ts'

/**
 * Fetches one of Discord's files, at most `limitBytes` of it. No token goes along: the addresses are signed. Throws
 * AppError `access/denied` for other addresses and `image/too-large`, `image/unreadable`.
 */
export async function download(
  link: string,
  limitBytes: number,
  signal: AbortSignal,
  cdnUrl: string,
): Promise<Uint8Array> {
  const url = fileAddress(link, cdnUrl)
  if (!url)
    throw new AppError('access/denied', {
      message: 'that link does not lead to a file on Discord',
      hint: 'Send the picture itself.',
    })
  const response = await get(url, signal)
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw unreadable(`Discord answered ${response.status}`, response.status >= 500)
  }
  const declared = Number(response.headers.get('content-length') ?? 0)
  return readLimited(response.body, declared, limitBytes)
}

async function get(url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal, redirect: 'error' })
  } catch (error) {
    if (signal.aborted) throw error
    throw unreadable('the connection to Discord failed', true, error)
  }
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
