import { beforeEach, describe, expect, it } from 'vitest'
import { createMaskLinks } from '../../../adapters/web/mask-links.ts'
import type { WireError, WireField } from '../../../adapters/web/wire.ts'
import type { WireMaskLink } from '../../../adapters/web/routes/mask-links.ts'
import type { Control } from '../../../src/contract/outgoing.ts'
import { recordingBot, type RecordingBot } from '../../contracts/recording-bot.ts'
import { solidPng } from '../../support/scripted-inference.ts'
import { startWeb, type Web } from './web.ts'

const key = { platform: 'discord', workspaceId: 'g', channelId: 'c', threadId: 't' }
const ann = { id: '400', name: 'Ann' }
const png = solidPng(8, 8, 0xff0000)
const image = { imageId: 'i', sha256: 'a'.repeat(64), mediaType: 'image/png', width: 8, height: 8, alt: 'a fox' }
const control: Control = {
  actionId: 'inpaint:i',
  label: 'Inpaint…',
  style: 'secondary',
  fields: [
    { type: 'mask', name: 'mask', label: 'What is drawn anew', image },
    { type: 'text', name: 'words', label: 'What should be there', value: '', multiline: false },
  ],
}
const publicUrl = 'https://draw.example.org'

describe('a link to the mask editor', () => {
  let bot: RecordingBot
  let web: Web
  let path: string
  beforeEach(async () => {
    bot = recordingBot()
    bot.blobs.set(image.sha256, png)
    bot.blobs.set('b'.repeat(64), png)
    web = await startWeb({ publicUrl, tokens: [{ token: 'a-token-for-the-page' }] }, bot)
    path = new URL((await web.adapter.maskLink(key, ann, control))!).pathname
  })
  const post = (to = path) => web.send('POST', to, { actionId: 'delete:i', values: { mask: '10%,10%,20%,20%' } })

  it('shows the picture and the form without signing in, and nothing else', async () => {
    expect((await web.request(path)).status).toBe(200)
    const told = (await (await web.request(`${path}/control`)).json()) as WireMaskLink
    expect(told.control.label).toBe('Inpaint…')
    const mask = told.control.fields![0] as Extract<WireField, { type: 'mask' }>
    const shown = await web.request(mask.image.url)
    expect(Buffer.from(await shown.arrayBuffer()).equals(png)).toBe(true)
    expect((await web.request(`${path}/blobs/${'b'.repeat(64)}`)).status).toBe(404)
    expect((await web.request('/api/threads')).status).toBe(401)
  })

  it('acts as the person for whom it was made, with the control for which it was made, once', async () => {
    expect((await post()).status).toBe(202)
    expect(bot.handled).toMatchObject([
      { type: 'action', key, author: ann, actionId: 'inpaint:i', values: { mask: '10%,10%,20%,20%' } },
    ])
    const again = await post()
    expect(again.status).toBe(404)
    expect(((await again.json()) as WireError).error.message).toMatch(/used already/)
    expect(bot.handled).toHaveLength(1)
  })

  it('cannot be guessed, and is not made where the page is not reached from outside', async () => {
    const other = path.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
    expect((await post(other)).status).toBe(404)
    expect(path.length).toBeGreaterThan('/mask/'.length + 30)
    expect(await (await startWeb()).adapter.maskLink(key, ann, control)).toBeUndefined()
  })

  it('works for a day', async () => {
    let now = 0
    const links = createMaskLinks(publicUrl, () => now)
    const token = new URL((await links.make(key, ann, control))!).pathname.slice('/mask/'.length)
    expect(links.read(token)).toMatchObject({ person: ann })
    now = 24 * 3600 * 1000
    expect(() => links.read(token)).toThrow(/too old/)
  })
})
