import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WireError, WirePart, WireThread } from '../../../adapters/web/wire.ts'
import { drawMask } from './scene.ts'
import { drawnThread, startWeb } from './web.ts'
import type { Web } from './web.ts'

let web: Web
beforeEach(async () => {
  web = await startWeb()
})
afterEach(() => web.adapter.stop())

const readThread = async (threadId: string) =>
  (await (await web.request(`/api/threads/${threadId}`)).json()) as WireThread

/** The file part of a thread's storybook. */
async function bookOf(threadId: string): Promise<Extract<WirePart, { type: 'file' }>> {
  await web.send('POST', `/api/threads/${threadId}/messages`, { text: 'storybook' })
  for (;;) {
    const { entries } = await readThread(threadId)
    const parts = entries.flatMap((entry) => (entry.type === 'reply' ? entry.reply.parts : []))
    const file = parts.find((part) => part.type === 'file')
    if (file !== undefined) return file
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('a storybook', () => {
  it('is shown in a sandbox without scripts and origin, or saved under its name', async () => {
    const file = await bookOf(await drawnThread(web))
    const shown = await web.request(file.url)
    expect(shown.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(shown.headers.get('Content-Security-Policy')).toMatch(/^sandbox; default-src 'none';/)
    expect(shown.headers.get('Content-Disposition')).toBeNull()
    expect(shown.headers.get('X-Content-Type-Options')).toBe('nosniff')
    const saved = await web.request(file.downloadUrl)
    expect(saved.headers.get('Content-Disposition')).toBe(
      `attachment; filename="A_fox.html"; filename*=UTF-8''A%20fox.html`,
    )
  })

  it('is never shown as HTML where pictures are, and a picture never as HTML where files are', async () => {
    const threadId = await drawnThread(web)
    const file = await bookOf(threadId)
    const asPicture = await web.request(file.url.replace('/files/', '/blobs/').replace(/\/[^/]*$/, ''))
    expect(asPicture.headers.get('Content-Type')).toBe('application/octet-stream')
    expect(asPicture.headers.get('Content-Disposition')).toMatch(/^attachment/)
    const [picture] = (await readThread(threadId)).pictures
    const asFile = await web.request(`${picture!.url.replace('/blobs/', '/files/')}/evil.html`)
    expect(asFile.headers.get('Content-Type')).toBe('image/png')
    expect(asFile.headers.get('Content-Disposition')).toMatch(/^attachment/)
  })

  it('belongs to its thread', async () => {
    const file = await bookOf(await drawnThread(web))
    const other = await drawnThread(web, 'draw a cat')
    expect((await web.request(file.url.replace(/threads\/[^/]+/, `threads/${other}`))).status).toBe(404)
  })
})

describe('a form with a mask', () => {
  const post = async (fields: Readonly<Record<string, string | File>>) => {
    const threadId = await drawnThread(web)
    const form = new FormData()
    for (const [name, value] of Object.entries({ actionId: 'inpaint:image-job-1-0', ...fields })) form.set(name, value)
    return web.request(`/api/threads/${threadId}/actions`, { method: 'POST', body: form })
  }

  it('brings it as a file in the field of its name, beside the other values', async () => {
    const mask = new File([drawMask()], 'mask.png', { type: 'image/png' })
    expect((await post({ values: '{"words":"a moon"}', mask })).status).toBe(202)
    expect(web.bot.handled.at(-1)).toMatchObject({
      ...{ type: 'action', actionId: 'inpaint:image-job-1-0', values: { words: 'a moon' } },
      files: { mask: drawMask() },
    })
  })

  it.each([
    [{ mask: new File(['<!doctype html>'], 'mask.png', { type: 'image/png' }) }, 415, '"mask.png" is not a picture.'],
    [{ values: 'words=a' }, 400, 'The field "values" is not JSON.'],
    [{ values: '{"words":1}' }, 400, /The field "values" is wrong at "words"/],
    [{ more: 'x' }, 400, /The form is wrong/],
  ])('is refused where it is wrong: %o', async (fields, status, message) => {
    const response = await post(fields)
    expect(response.status).toBe(status)
    const { error } = (await response.json()) as WireError
    expect(error.message).toMatch(message)
    expect(web.bot.handled.some(({ type }) => type === 'action')).toBe(false)
  })
})

describe('a thread', () => {
  it('tells all its pictures, what they came from, and what can be taken back', async () => {
    const threadId = await drawnThread(web)
    await bookOf(threadId)
    const thread = await readThread(threadId)
    expect(thread.pictures.map(({ operation, words }) => [operation, words])).toEqual([
      ['text-to-image', 'draw a red fox'],
      ['text-to-image', 'storybook'],
      ['text-to-image', 'storybook'],
    ])
    expect([thread.canUndo, thread.canRedo]).toEqual([true, false])
    await web.send('POST', `/api/threads/${threadId}/messages`, {
      ...{ text: '', command: { name: 'branch' }, replyToImageId: thread.pictures[0]!.imageId },
    })
    expect(await readThread(threadId)).toMatchObject({ canRedo: true, headImageId: thread.pictures[0]!.imageId })
  })
})

describe('an export', () => {
  it('is a file of its own name; there is none of a thread that is not there', async () => {
    const threadId = await drawnThread(web)
    const exported = await web.request(`/api/threads/${threadId}/export`)
    expect(exported.headers.get('Content-Type')).toBe('application/zip')
    expect(exported.headers.get('Content-Disposition')).toMatch(/^attachment; filename="My_fox\.zip"/)
    expect(await exported.text()).toBe('a zip')
    expect((await web.request('/api/threads/none/export')).status).toBe(404)
  })
})
