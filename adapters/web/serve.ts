import { createAdaptorServer } from '@hono/node-server'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Env, Hono } from 'hono'
import { AppError } from '../../src/contract/errors.ts'

export interface ServedRoutes {
  /** e.g. 'http://127.0.0.1:8080' */
  readonly url: string
  readonly port: number
  /** Ends open connections too. */
  close(): Promise<void>
}

/**
 * Serves routes on one address; port 0 takes a free one. A request must arrive within a minute, its headers within 20 s.
 * Throws AppError('config/port-in-use') or AppError('config/invalid').
 */
export async function serveRoutes<E extends Env>(
  routes: Hono<E>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<ServedRoutes> {
  const serverOptions = { requestTimeout: 60_000, headersTimeout: 20_000, keepAliveTimeout: 10_000 }
  const server = createAdaptorServer({ fetch: routes.fetch, serverOptions }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): AppError {
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} on ${host} is in use by another program.`
    return new AppError('config/port-in-use', { message, hint: 'Set LLMGA_HTTP_PORT to another one.', cause: error })
  }
  const message = `Cannot listen on ${host}:${port}: ${error.message}`
  return new AppError('config/invalid', { message, hint: 'Check LLMGA_HTTP_HOST and LLMGA_HTTP_PORT.', cause: error })
}
