import { describe, expect, it } from 'vitest'
import { isAllowed, type Place } from '../../../adapters/discord/access.ts'
import { shortened } from '../../../adapters/discord/components.ts'
import { contentsOf, escapeMarkdown } from '../../../adapters/discord/format.ts'
import { fileAddress } from '../../../adapters/discord/hosts.ts'
import { createUploadLimits } from '../../../adapters/discord/upload-limits.ts'
import { cleanFileName, nameOfLink, wordsOfContent } from '../../../adapters/discord/words-in.ts'
import type { Words } from '../../../adapters/chat/screen.ts'

const cdnUrl = 'https://cdn.discordapp.com'
const mebibyte = 2 ** 20

describe('words from Discord', () => {
  const names = new Map([
    ['7', 'Bo'],
    ['8', 'artists'],
    ['9', 'general'],
  ])
  const read = (content: string) => wordsOfContent(content, { botId: '1', cdnUrl, names })

  it.each([
    ['<@1> a red fox', 'a red fox'],
    ['a <@!1> fox', 'a fox'],
    ['like <@7> and <@&8> in <#9>', 'like @Bo and @artists in #general'],
    ['nobody <@55> knows', 'nobody knows'],
    ['happy <:fox:123> <a:run:456>', 'happy :fox: :run:'],
    ['say </imagine:77> twice', 'say /imagine twice'],
    ['two\nlines', 'two\nlines'],
    ['see https://example.com/fox.png', 'see https://example.com/fox.png'],
  ])('%s becomes %s', (content, text) => {
    expect(read(content)).toEqual({ text, links: [] })
  })

  it("sets links to Discord's own files apart, each once", () => {
    const link = 'https://cdn.discordapp.com/attachments/1/2/fox.png?ex=1'
    const other = 'https://media.discordapp.net/attachments/1/2/cat.png'
    expect(read(`make ${link} like <${other}> and ${link}`)).toEqual({ text: 'make like and', links: [link, other] })
  })

  it.each([
    ['https://cdn.discordapp.com/a.png', true],
    ['https://media.discordapp.net/a.png', true],
    ['http://cdn.discordapp.com/a.png', false],
    ['https://cdn.discordapp.com.example.org/a.png', false],
    ['https://cdn.discordapp.com:8443/a.png', false],
    ['https://user@cdn.discordapp.com/a.png', false],
    ['https://example.org/cdn.discordapp.com/a.png', false],
    ['file:///etc/passwd', false],
    ['nothing', false],
  ])('takes %s for a file of Discord: %s', (link, isFile) => {
    expect(fileAddress(link, cdnUrl) !== undefined).toBe(isFile)
  })

  it('takes a configured address, over http on this machine alone', () => {
    expect(fileAddress('http://127.0.0.1:81/cdn/a.png', 'http://127.0.0.1:81/cdn')).toBeDefined()
    expect(fileAddress('http://127.0.0.1:82/cdn/a.png', 'http://127.0.0.1:81/cdn')).toBeUndefined()
    expect(fileAddress('http://files.example/a.png', 'http://files.example')).toBeUndefined()
    expect(fileAddress('https://files.example/a.png', 'https://files.example')).toBeDefined()
  })

  it.each([
    ['fox.png', 'fox.png'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['狐 1.png', '狐 1.png'],
    ['a\u0000b\n.png', 'a_b_.png'],
    ['.hidden', 'hidden'],
    ['', 'file'],
  ])('cleans the file name %j to %j', (name, cleaned) => {
    expect(cleanFileName(name)).toBe(cleaned)
  })

  it('keeps the end of a long name, with its ending', () => {
    const cleaned = cleanFileName(`${'狐'.repeat(300)}.png`)
    expect([...cleaned]).toHaveLength(100)
    expect(cleaned).toMatch(/\.png$/)
    expect(nameOfLink('https://cdn.discordapp.com/attachments/1/2/%E7%8B%90.png?ex=1')).toBe('狐.png')
    expect(nameOfLink('https://cdn.discordapp.com/a/100%.png')).toBe('100_.png')
  })
})

describe('words for Discord', () => {
  it.each([
    ['*bold* _it_ ~~no~~ `code` ||hidden||', String.raw`\*bold\* \_it\_ \~\~no\~\~ \`code\` \|\|hidden\|\|`],
    ['<@123> [here](http://evil)', String.raw`\<@123> \[here\](http://evil)`],
    [
      '# big\n> quote\n-# small\n- item\n1. one',
      String.raw`\# big` +
        '\n' +
        String.raw`\> quote` +
        '\n' +
        String.raw`\-# small` +
        '\n' +
        String.raw`\- item` +
        '\n' +
        String.raw`1\. one`,
    ],
    ['see https://a.b/c_d_e', 'see https://a.b/c_d_e'],
    [String.raw`a\b`, String.raw`a\\b`],
  ])('%j is shown letter by letter', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped)
  })

  it('shows prompts as quotes, changed words bold, asides small', () => {
    const words: Words[] = [
      { type: 'said', text: 'Here.' },
      { type: 'quote', text: 'a fox\nin snow' },
      {
        type: 'changed',
        label: 'Now',
        words: [
          { text: 'a', changed: false },
          { text: 'blue*', changed: true },
        ],
      },
      { type: 'notice', text: 'rounded' },
      { type: 'problem', text: 'no' },
    ]
    expect(contentsOf(words)).toEqual([
      ['Here.', '> a fox', '> in snow', String.raw`> Now: a **blue\***`, '-# rounded', '⚠️ no'].join('\n'),
    ])
  })

  it('splits what is too long between words, never an escape from its letter, and marks every piece of a quote', () => {
    const text = Array.from({ length: 500 }, (_, i) => `fox_${i}`).join(' ')
    const said = contentsOf([{ type: 'said', text }])
    expect(said.every((content) => content.length <= 2000)).toBe(true)
    expect(said.join(' ').replaceAll('\\', '')).toBe(text)
    const joined = contentsOf([{ type: 'said', text: '_'.repeat(3000) }])
    expect(joined.join('')).toBe(String.raw`\_`.repeat(3000))
    expect(joined.every((content) => /^(\\_)+$/.test(content) && content.length <= 2000)).toBe(true)
    const quoted = contentsOf([{ type: 'quote', text }])
    expect(quoted.every((content) => content.startsWith('> ') && content.length <= 2000)).toBe(true)
  })

  it('is one empty content when there are no words', () => {
    expect(contentsOf([])).toEqual([''])
  })

  it('shortens without cutting a character', () => {
    expect(shortened('abc', 3)).toBe('abc')
    expect(shortened('abcd', 3)).toBe('ab…')
    expect(shortened('🦊🦊🦊', 4)).toBe('🦊…')
  })
})

describe('where the bot answers', () => {
  const all = { servers: [], channels: [], roles: [] }
  const place: Place = { guildId: '1', channelId: '20', parentId: '2', roleIds: ['3'] }
  const dm: Place = { channelId: '30', roleIds: [] }
  it.each([
    [all, place, true],
    [{ ...all, servers: ['1'] }, place, true],
    [{ ...all, servers: ['9'] }, place, false],
    [{ ...all, channels: ['2'] }, place, true],
    [{ ...all, channels: ['20'] }, place, true],
    [{ ...all, channels: ['9'] }, place, false],
    [{ ...all, roles: ['3'] }, place, true],
    [{ ...all, roles: ['9'] }, place, false],
    [{ servers: ['1'], channels: ['2'], roles: ['9'] }, place, false],
    [all, dm, true],
    [{ ...all, servers: ['1'] }, dm, false],
    [{ ...all, roles: ['3'] }, dm, false],
    [{ ...all, channels: ['30'] }, dm, true],
  ])('%j at %j: %s', (options, where, allowed) => {
    expect(isAllowed(options, where)).toBe(allowed)
  })
})

describe('sizes of files', () => {
  const key = { platform: 'discord', workspaceId: '1', channelId: '2', threadId: '3' }

  it('are 10 MiB, more in boosted servers, or what Discord says of a server', () => {
    expect(createUploadLimits(() => undefined).of(key)).toBe(10 * mebibyte)
    expect(createUploadLimits(() => 2).of(key)).toBe(50 * mebibyte)
    const limits = createUploadLimits(() => 3)
    expect(limits.of(key)).toBe(100 * mebibyte)
    limits.learn('1', 25 * mebibyte)
    expect(limits.of(key)).toBe(25 * mebibyte)
  })

  it('halve where one was refused, until there is nothing smaller to try', () => {
    const limits = createUploadLimits(() => 0)
    expect(limits.refused(key, 8 * mebibyte)).toBe(true)
    expect(limits.of(key)).toBe(4 * mebibyte)
    expect(limits.of({ ...key, channelId: '9' })).toBe(10 * mebibyte)
    expect(limits.refused(key, 1000)).toBe(false)
  })
})
