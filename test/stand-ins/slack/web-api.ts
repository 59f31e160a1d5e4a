import type { Faults } from './faults.ts'
import { answerFault, argsOf, sendJson, type Asked } from './http-server.ts'
import { asText, SlackRefusal, type Args, type JsonObject } from './json.ts'
import { methods, type MethodContext } from './methods.ts'
import { useResponseUrl } from './response-url.ts'

/** One call that the bot made. */
export interface SlackCall {
  readonly method: string
  readonly args: Args
  readonly token: string
  readonly at: number
  /** What was answered; undefined for one that was met by a fault. */
  answer: JsonObject | undefined
}

export interface WebApiOptions {
  readonly context: MethodContext
  readonly faults: Faults
  readonly botToken: string
  readonly appToken: string
  readonly scopes: readonly string[]
  readonly calls: SlackCall[]
  /** The address of a new Socket Mode connection. */
  readonly linkUrl: () => string
}

/** The HTTP side: Web API methods, uploads, downloads, response addresses. */
export function createWebApi(options: WebApiOptions): (asked: Asked) => Promise<void> {
  return async (asked) => {
    const path = asked.url.pathname
    if (path.startsWith('/api/')) return callMethod(asked, path.slice('/api/'.length), options)
    if (path.startsWith('/upload/v1/')) return takeUpload(asked, options)
    if (path.startsWith('/files-pri/')) return giveFile(asked, options)
    if (path.startsWith('/response/')) return takeResponse(asked, options)
    note(options, `${asked.request.method} ${path}`, {}, asked.token)
    const html = path === '/login' ? '<!DOCTYPE html><html><title>Sign in</title></html>' : 'not found'
    asked.response.writeHead(path === '/login' ? 200 : 404, { 'content-type': 'text/html' }).end(html)
  }
}

function note({ calls }: WebApiOptions, method: string, args: Args, token: string): SlackCall {
  const call: SlackCall = { method, args, token, at: Date.now(), answer: undefined }
  calls.push(call)
  return call
}

async function callMethod(asked: Asked, method: string, options: WebApiOptions): Promise<void> {
  const { token: inBody, ...args } = await argsOf(asked)
  const token = asked.token || asText(inBody)
  const call = note(options, method, args, token)
  const carryOut = async () => (call.answer = answerTo(method, args, token, options))
  const fault = options.faults.meet(method, args)
  if (await answerFault(asked.response, fault, carryOut)) return options.context.state.changed()
  await carryOut()
  sendJson(asked.response, 200, call.answer!, {
    'x-oauth-scopes': options.scopes.join(','),
    'x-slack-req-id': `req-${options.calls.length}`,
  })
  options.context.state.changed()
}

function answerTo(method: string, args: Args, token: string, options: WebApiOptions): JsonObject {
  try {
    if (token === '') throw new SlackRefusal('not_authed')
    if (method === 'apps.connections.open') {
      if (token !== options.appToken)
        throw new SlackRefusal(token.startsWith('xapp-') ? 'invalid_auth' : 'not_allowed_token_type')
      return { ok: true, url: options.linkUrl() }
    }
    if (token !== options.botToken) throw new SlackRefusal('invalid_auth')
    const run = methods[method]
    if (!run) throw new SlackRefusal('unknown_method')
    return { ok: true, ...run(args, options.context) }
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, error: 'invalid_arguments' }
    if (!(error instanceof SlackRefusal)) throw error
    const { code, details } = error
    if (details.length === 0) return { ok: false, error: code }
    return { ok: false, error: code, errors: details, response_metadata: { messages: details } }
  }
}

async function takeUpload(asked: Asked, options: WebApiOptions): Promise<void> {
  const { context, faults } = options
  const file = context.state.files.get(asked.url.pathname.split('/').at(-1)!)
  const call = note(options, 'upload', { id: file?.id }, asked.token)
  const fault = faults.meet('upload', call.args)
  const carryOut = async () => {
    const bytes = asked.contentType.startsWith('multipart/') ? await firstFile(asked) : asked.raw
    if (file?.bytes === undefined && file?.declaredBytes === bytes.length) file.bytes = bytes
  }
  if (await answerFault(asked.response, fault, carryOut)) return context.state.changed()
  await carryOut()
  const taken = file?.bytes !== undefined
  call.answer = { ok: taken }
  asked.response.writeHead(taken ? 200 : 400).end(taken ? `OK - ${file.bytes!.length}` : 'the length is another')
  context.state.changed()
}

async function firstFile(asked: Asked): Promise<Buffer> {
  const values = Object.values(await argsOf(asked))
  const file = values.find((value) => value instanceof Blob)
  return file ? Buffer.from(await file.arrayBuffer()) : Buffer.alloc(0)
}

/** A file's bytes for whoever shows the bot's token; anybody else is sent to the sign-in page. */
async function giveFile(asked: Asked, options: WebApiOptions): Promise<void> {
  const { context, faults, botToken } = options
  const id = /F[A-Z0-9]{8,}/.exec(asked.url.pathname)?.[0] ?? ''
  const call = note(options, 'download', { id }, asked.token)
  if (await answerFault(asked.response, faults.meet('download', call.args), async () => undefined)) return
  const file = context.state.files.get(id)
  call.answer = { ok: asked.token === botToken && file !== undefined }
  if (asked.token !== botToken)
    return void asked.response.writeHead(302, { location: `${context.base}/login?redir=${asked.url.pathname}` }).end()
  if (!file?.bytes || file.deleted) return void asked.response.writeHead(404).end()
  asked.response.writeHead(200, { 'content-type': file.mimetype, 'content-length': String(file.bytes.length) })
  asked.response.end(file.bytes)
}

async function takeResponse(asked: Asked, options: WebApiOptions): Promise<void> {
  const { context, faults } = options
  const args = await argsOf(asked)
  const call = note(options, 'response_url', args, asked.token)
  const carryOut = async () => (call.answer = useResponseUrl(asked.url.pathname.split('/').at(-1)!, args, context))
  if (await answerFault(asked.response, faults.meet('response_url', args), carryOut)) return context.state.changed()
  await carryOut()
  sendJson(asked.response, call.answer!['ok'] === true ? 200 : 404, call.answer!)
  context.state.changed()
}
