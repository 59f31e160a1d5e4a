import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../adapters/web/options.ts'
import { pictureName } from '../../../adapters/web/routes/blobs.ts'
import { sniffMediaType } from '../../../adapters/web/routes/media-type.ts'
import type { WireEntry, WireThread } from '../../../adapters/web/wire.ts'
import type { IncomingMessage } from '../../../src/contract/incoming.ts'
import type { Recipe } from '../../../src/contract/recipe.ts'
import { drawScene, sha256Of } from './scene.ts'
import { drawnThread, startWeb } from './web.ts'
import type { Web } from './web.ts'

let web: Web
beforeEach(async () => {
  web = await startWeb()
})
afterEach(() => web.adapter.stop())

const json = async <T>(response: Response | Promise<Response>): Promise<T> => (await (await response).json()) as T
const readThread = (threadId: string) => json<WireThread>(web.request(`/api/threads/${threadId}`))
const pictureOf = (thread: WireThread) =>
  thread.entries.flatMap((entry: WireEntry) =>
    entry.type === 'reply' ? entry.reply.parts.flatMap((part) => (part.type === 'images' ? part.images : [])) : [],
  )[0]!

describe('threads', () => {
  it('are created as an id that lives once something is said in it', async () => {
    const created = await web.send('POST', '/api/threads')
    expect(created.status).toBe(201)
    const { threadId } = await json<{ threadId: string }>(created)
    expect((await web.request(`/api/threads/${threadId}`)).status).toBe(404)
    await web.send('POST', `/api/threads/${threadId}/messages`, { text: 'draw a cat' })
    expect((await readThread(threadId)).title).toBe('draw a cat')
  })

  it('are listed newest first with their current picture', async () => {
    const first = await drawnThread(web, 'draw a cat')
    const second = await drawnThread(web, 'draw a dog')
    const { threads } = await json<{ threads: { threadId: string; imageUrl: string }[] }>(web.request('/api/threads'))
    expect(threads.map((thread) => thread.threadId)).toEqual([second, first])
    expect((await web.request(threads[0]!.imageUrl)).headers.get('Content-Type')).toBe('image/png')
  })

  it('are read as what was said and replied, in order', async () => {
    const thread = await readThread(await drawnThread(web, 'draw a cat'))
    expect(thread.entries.map((entry) => entry.type)).toEqual(['person', 'reply'])
    expect(thread.entries[0]).toMatchObject({ text: 'draw a cat', images: [] })
    expect(pictureOf(thread)).toMatchObject({ width: 128, height: 128, recipe: { wish: 'draw a cat' } })
  })

  it('are renamed, and a title without words is refused', async () => {
    const threadId = await drawnThread(web)
    expect((await web.send('PATCH', `/api/threads/${threadId}`, { title: '  My fox ' })).status).toBe(200)
    expect((await readThread(threadId)).title).toBe('My fox')
    expect((await web.send('PATCH', `/api/threads/${threadId}`, { title: ' ' })).status).toBe(400)
  })

  it('are deleted', async () => {
    const threadId = await drawnThread(web)
    expect((await web.send('DELETE', `/api/threads/${threadId}`)).status).toBe(204)
    expect((await web.request(`/api/threads/${threadId}`)).status).toBe(404)
  })
})

describe('messages', () => {
  it('come as JSON with a command', async () => {
    const body = {
      text: 'a red fox',
      eventId: 'event-0001',
      command: { name: 'imagine', options: { seed: 7, raw: true, style: 'poster' } },
      replyToImageId: 'image-1',
    }
    const response = await web.send('POST', '/api/threads/t1/messages', body)
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ type: 'accepted', jobId: 'job-1', position: 1 })
    expect(web.bot.handled[0]).toMatchObject({
      ...{ type: 'message', key: { platform: 'web', channelId: 'local', threadId: 't1' }, attachments: [] },
      ...body,
    })
  })

  it('come as a form with files, whose names lose their folders', async () => {
    const form = new FormData()
    form.set('text', 'what is this?')
    form.set('command', JSON.stringify({ name: 'describe' }))
    form.append('file', new File([drawScene(1)], '../../etc/cat.png', { type: 'image/png' }))
    form.append('file', new File([drawScene(2)], 'dog.png', { type: 'image/png' }))
    const response = await web.request('/api/threads/t1/messages', { method: 'POST', body: form })
    expect(response.status).toBe(202)
    const { attachments, command } = web.bot.handled[0] as IncomingMessage
    expect(command).toEqual({ name: 'describe', options: {} })
    expect(attachments.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['cat.png', 'image/png'],
      ['dog.png', 'image/png'],
    ])
    expect(attachments[1]?.source).toEqual({ bytes: drawScene(2) })
  })

  it.each([
    ['is not JSON', '{', 'input/invalid-option', 400],
    ['has an unknown field', '{"text":"a","colour":"red"}', 'input/unknown-option', 400],
    ['has a wrong type', '{"text":1}', 'input/invalid-option', 400],
    ['has an unknown command', '{"text":"a","command":{"name":"explode"}}', 'input/invalid-option', 400],
    ['has a strange event id', '{"text":"a","eventId":"../x"}', 'input/invalid-option', 400],
  ])('are refused with a sentence when the body %s', async (_what, body, code, status) => {
    const response = await web.request('/api/threads/t1/messages', { method: 'POST', body })
    expect(response.status).toBe(status)
    const { error } = await json<{ error: { code: string; message: string; hint: string } }>(response)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/^The request body .*\.$/)
    expect(web.bot.handled).toEqual([])
  })

  it('that the bot refuses answer with its code, message and hint', async () => {
    const response = await web.send('POST', '/api/threads/t1/messages', { text: 'refuse this' })
    expect(response.status).toBe(429)
    expect(await response.json()).toEqual({
      error: { code: 'access/limit', message: 'You have 8 jobs waiting.', hint: 'Wait for one of them to finish.' },
    })
  })
})

describe('actions and cancelling', () => {
  it('hand on the control and the value of its form', async () => {
    const threadId = await drawnThread(web)
    const body = { actionId: 'draw:turn-job-1:0', values: { prompt: 'a blue fox' } }
    expect((await web.send('POST', `/api/threads/${threadId}/actions`, body)).status).toBe(202)
    expect(web.bot.handled.at(-1)).toMatchObject({ type: 'action', ...body })
  })

  it('answer 200 for what is done at once', async () => {
    const threadId = await drawnThread(web)
    const response = await web.send('POST', `/api/threads/${threadId}/actions`, { actionId: 'delete:image-job-1-0' })
    expect([response.status, await response.json()]).toEqual([200, { type: 'done' }])
  })

  it('cancel by a command, with no body', async () => {
    await web.request('/api/threads/t1/cancel', { method: 'POST' })
    expect(web.bot.handled[0]).toMatchObject({ type: 'message', command: { name: 'cancel', options: {} } })
  })
})

describe('pictures', () => {
  it('are sent with their type and kept by the browser for ever', async () => {
    const thread = await readThread(await drawnThread(web))
    const response = await web.request(pictureOf(thread).url)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    expect(response.headers.has('content-disposition')).toBe(false)
    expect(sha256Of(new Uint8Array(await response.arrayBuffer()))).toBe(pictureOf(thread).url.split('/').at(-1))
  })

  it('are downloaded under a name made of the words and the seed', async () => {
    const thread = await readThread(await drawnThread(web, 'draw a red fox'))
    const response = await web.request(pictureOf(thread).downloadUrl)
    expect(response.headers.get('Content-Disposition')).toBe(
      `attachment; filename="draw-a-red-fox-1.png"; filename*=UTF-8''draw-a-red-fox-1.png`,
    )
  })

  it('are not found by another hash', async () => {
    const threadId = await drawnThread(web)
    expect((await web.request(`/api/threads/${threadId}/blobs/${'0'.repeat(64)}`)).status).toBe(404)
  })

  it('have a recipe, uploads have none', async () => {
    const threadId = await drawnThread(web)
    const recipe = await json<Recipe>(web.request(`/api/threads/${threadId}/recipes/image-job-1-0`))
    expect(recipe).toMatchObject({ seed: 1, sampler: 'ddim' })
    expect((await web.request(`/api/threads/${threadId}/recipes/upload-1`)).status).toBe(404)
  })

  it.each([
    ['image/png', '89504e470d0a1a0a0000'],
    ['image/jpeg', 'ffd8ffe000104a464946'],
    ['image/webp', '52494646000000005745425056503820'],
    ['image/gif', '474946383961'],
    ['image/avif', '0000001c6674797061766966'],
    ['application/octet-stream', Buffer.from('<html><script>').toString('hex')],
    ['application/octet-stream', ''],
  ])('show as %s by their first bytes', (mediaType, hex) => {
    expect(sniffMediaType(Buffer.from(hex, 'hex'))).toBe(mediaType)
  })

  it('that are uploads keep their own name', () => {
    expect(pictureName({ name: 'Füchse im Schnee.jpeg' })).toBe('Füchse im Schnee')
    expect(pictureName({})).toBe('picture')
  })
})

describe('about and the page', () => {
  it('tells what the models know, who is asking and the limits', async () => {
    expect(await json(web.request('/api/about'))).toMatchObject({
      ...{ notice: web.bot.about().notice, person: 'You', signIn: false },
      filesPerMessage: defaultLimits.filesPerMessage,
    })
  })

  it('loads one script, one style and one icon, hashed and immutable, and no inline code', async () => {
    const html = await (await web.request('/')).text()
    const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]!)
    expect(assets.map((asset) => asset.replace(/[0-9a-f]{12}/, 'HASH')).sort()).toEqual([
      '/assets/app-HASH.js',
      '/assets/icon-HASH.svg',
      '/assets/style-HASH.css',
    ])
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=|https?:/)
    for (const asset of assets) {
      const response = await web.request(asset)
      expect(response.status).toBe(200)
      expect(response.headers.get('Cache-Control')).toContain('immutable')
    }
  })

  it('writes the chosen colours into the page, and nothing else that a cookie says', async () => {
    const page = async (theme: string) =>
      (await web.request('/', { headers: { Cookie: `llmga_theme=${theme}` } })).text()
    expect(await page('dark')).toContain('data-theme="dark"')
    expect(await page('"><script>')).not.toContain('data-theme')
  })

  it('does not serve its source', async () => {
    expect((await web.request('/assets/main.tsx')).status).toBe(404)
    expect((await web.request('/assets/../page/main.tsx')).status).toBe(404)
  })

  it('answers an unknown API path with 404 and a sentence', async () => {
    const response = await web.request('/api/nothing')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'input/not-found' } })
  })
})
