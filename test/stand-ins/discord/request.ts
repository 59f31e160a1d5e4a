import type { IncomingMessage } from 'node:http'
import { ApiError } from './world.ts'
import type { UploadedFile } from './wire.ts'
import type { MatchedRoute } from './route-patterns.ts'

/** A request of the bot, parsed. */
export interface ApiRequest {
  readonly method: string
  /** Decoded, without /api/v10. */
  readonly path: string
  readonly params: MatchedRoute['params']
  readonly query: URLSearchParams
  /** The JSON body, or `payload_json` of a form. */
  readonly body: unknown
  readonly files: readonly UploadedFile[]
  readonly authorization: string | undefined
}

/** An answer of a route: 204 has no body. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
}

export type Handler = (request: ApiRequest) => Answer | Promise<Answer>

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const nothing: Answer = { status: 204 }

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The body of a request. Throws ApiError 50109 for what is no JSON. */
export async function parseBody(
  bytes: Buffer,
  contentType: string,
): Promise<{ body: unknown; files: readonly UploadedFile[] }> {
  if (contentType.startsWith('multipart/')) return parseForm(bytes, contentType)
  return { body: bytes.length === 0 ? undefined : parseJson(bytes.toString()), files: [] }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError(400, 50109, 'The request body contains invalid JSON.')
  }
}

async function parseForm(bytes: Buffer, contentType: string) {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
  const payload = form.get('payload_json')
  const files: UploadedFile[] = []
  for (const [field, value] of form) {
    const index = /^files\[(\d+)\]$/.exec(field)?.[1]
    if (field !== 'payload_json' && (index === undefined || typeof value === 'string'))
      throw new ApiError(400, 50035, `Invalid Form Body: unknown field ${field}`)
    if (index === undefined || typeof value === 'string') continue
    const content = new Uint8Array(await value.arrayBuffer())
    const mediaType = value.type === '' ? 'application/octet-stream' : value.type
    files.push({ index: Number(index), name: value.name, mediaType, bytes: content })
  }
  return { body: typeof payload === 'string' ? parseJson(payload) : undefined, files }
}
