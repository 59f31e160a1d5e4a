import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { serveRoutes } from '../../../adapters/web/serve.ts'
import type { ServedRoutes } from '../../../adapters/web/serve.ts'
import { startWeb } from './web.ts'
import type { Web } from './web.ts'

const mib = 1024 * 1024
const limits = { jsonBytes: 1024, uploadBytes: 2 * mib, fileBytes: mib, filesPerMessage: 2, coalesceMs: 5 }

let served: ServedRoutes | undefined
afterEach(async () => {
  await served?.close()
  served = undefined
})

async function serve(): Promise<Web & { readonly url: string }> {
  const web = await startWeb({ limits })
  served = await serveRoutes(web.adapter.routes, { host: '127.0.0.1', port: 0 })
  return { ...web, url: served.url }
}

const formOf = (...sizes: number[]): FormData => {
  const form = new FormData()
  form.set('text', 'look')
  for (const size of sizes) form.append('file', new File([new Uint8Array(size)], `${size}.png`))
  return form
}

describe('a body', () => {
  it.each([
    ['one file over the limit', formOf(mib + 1), 413, '"1048577.png" is larger than 1 MiB.'],
    ['more than the message may have', formOf(mib, mib), 413, 'The message is larger than 2 MiB.'],
    ['too many files', formOf(1, 1, 1), 413, 'The message has 3 files, and 2 are allowed.'],
  ])('with %s is refused with a sentence', async (_what, body, status, sentence) => {
    const web = await serve()
    const response = await fetch(`${web.url}/api/threads/t1/messages`, { method: 'POST', body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: 'image/too-large', message: sentence } })
    expect(web.bot.handled).toEqual([])
  })

  it.each([
    ['too large', '/api/threads/t1/messages'],
    ['for nothing', '/api/nothing'],
  ])('that is %s is refused, and its connection takes the next request', async (_what, path) => {
    const web = await serve()
    const refused = await fetch(web.url + path, { method: 'POST', body: 'x'.repeat(400_000) })
    expect(refused.ok).toBe(false)
    await refused.text()
    for (let i = 0; i < 8; i++) {
      expect((await fetch(`${web.url}/api/threads`)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

  it('within the limits is taken', async () => {
    const web = await serve()
    const response = await fetch(`${web.url}/api/threads/t1/messages`, { method: 'POST', body: formOf(mib, 9) })
    expect(response.status).toBe(202)
  })

  it('of JSON is limited too, also when its length is not told', async () => {
    const web = await serve()
    const text = JSON.stringify({ text: 'x'.repeat(2000) })
    const headers = { 'Content-Type': 'application/json' }
    const stream = new Blob([text]).stream()
    for (const body of [{ body: text }, { body: stream, duplex: 'half' as const }]) {
      const response = await fetch(`${web.url}/api/threads/t1/messages`, { method: 'POST', headers, ...body })
      expect(response.status).toBe(413)
      expect(await response.json()).toMatchObject({ error: { code: 'input/too-long' } })
    }
  })

  it('that is not a form though it says so is refused', async () => {
    const web = await serve()
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' }
    const response = await fetch(`${web.url}/api/threads/t1/messages`, { method: 'POST', headers, body: 'nonsense' })
    expect(response.status).toBe(400)
  })
})

describe('serving', () => {
  it('says which port is in use and what to do', async () => {
    const web = await serve()
    const port = served!.port
    await expect(serveRoutes(web.adapter.routes, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'config/port-in-use',
      message: `Port ${port} on 127.0.0.1 is in use by another program.`,
    })
  })

  it('says that an address is not this machine', async () => {
    const web = await startWeb()
    await expect(serveRoutes(web.adapter.routes, { host: '203.0.113.9', port: 0 })).rejects.toMatchObject({
      code: 'config/invalid',
    })
  })

  it('ends open streams when it closes', async () => {
    const web = await serve()
    await fetch(`${web.url}/api/threads/t1/messages`, { method: 'POST', body: '{"text":"hello"}' })
    const response = await fetch(`${web.url}/api/threads/t1/events`)
    await served?.close()
    await expect(response.text()).rejects.toThrow()
    const refused = await new Promise((resolve) => connect(served!.port, '127.0.0.1').on('error', () => resolve(true)))
    expect(refused).toBe(true)
  })
})
