import { describe, expect, it } from 'vitest'
import { subCommandOf } from '../../../adapters/slack/commands.ts'
import { cleanName } from '../../../adapters/slack/files.ts'
import { slackAddress } from '../../../adapters/slack/hosts.ts'
import { isSigned } from '../../../adapters/slack/http.ts'
import { escaped, piecesOf, quoted, unescaped } from '../../../adapters/slack/markup.ts'
import { keyOf } from '../../../adapters/slack/threads.ts'
import { linkedFileIds, wordsIn } from '../../../adapters/slack/words-in.ts'
import { signedHeaders } from '../../stand-ins/slack/http-events.ts'

const names: Readonly<Record<string, string>> = { U1: 'Ann & Co', UBOT: 'llmga' }
const heard = (text: string) => wordsIn(text, 'UBOT', async (id) => names[id] ?? id)

describe('words from Slack', () => {
  it.each([
    ['<@UBOT> a red fox', 'a red fox'],
    ['hello <@U1> and <@U2|bob>', 'hello @Ann & Co and @bob'],
    ['see <#C1|pictures> <!here> <!subteam^S1|@team>', 'see #pictures @here @team'],
    ['a &lt;b&gt; &amp;amp; c', 'a <b> &amp; c'],
    ['<https://a.example/x?y=1&amp;z=2|label> ok', 'https://a.example/x?y=1&z=2 ok'],
    ['<mailto:ann@a.example|ann@a.example>', 'ann@a.example'],
    ['<@UBOT>   make\nit   blue', 'make\nit blue'],
  ])('%s', async (written, words) => {
    expect(await heard(written)).toBe(words)
  })

  it('name the files of Slack that they link to, and no others', () => {
    const text =
      '<https://acme.slack.com/files/U1/F012345678/cat.png> <https://files.slack.com/files-pri/T1-F0ABCDEFGH/dog.png|dog> <https://evil.example/files/U1/F999999999/x.png>'
    expect(linkedFileIds(text)).toEqual(['F012345678', 'F0ABCDEFGH'])
  })
})

describe('words to Slack', () => {
  it('never mention anybody', () => {
    expect(escaped('<!everyone> <@U1> & <https://a.example|x>')).toBe(
      '&lt;!everyone&gt; &lt;@U1&gt; &amp; &lt;https://a.example|x&gt;',
    )
    expect(unescaped(escaped('a &lt; <b> & c'))).toBe('a &lt; <b> & c')
    expect(quoted('one\n<!here>')).toBe('>one\n>&lt;!here&gt;')
  })

  it('fit their limit once they are escaped', () => {
    const pieces = piecesOf('<&> '.repeat(2000), 3000, escaped)
    expect(pieces.every(({ length }) => length <= 3000)).toBe(true)
    expect(pieces.join(' ').match(/&lt;&amp;&gt;/g)).toHaveLength(2000)
  })
})

describe('a sub-command', () => {
  it.each([
    ['imagine a red fox --steps 30', 'imagine', '/imagine a red fox --steps 30'],
    ['/imagine a fox', 'imagine', '/imagine a fox'],
    ['a red fox', undefined, 'a red fox'],
    ['', 'help', '/help'],
    ['SETTINGS steps 3', 'settings', '/settings steps 3'],
  ])('of "%s" is %s', (text, name, asText) => {
    expect(subCommandOf(text)).toEqual({ name, text: asText })
  })
})

describe('a thread', () => {
  const key = (channelId: string, ts: string, threadTs?: string) => keyOf('T1', { channelId, ts, threadTs }).threadId
  it('of a channel is named by its root, and a direct conversation is one', () => {
    expect(key('C1', '1.1')).toBe('1.1')
    expect(key('C1', '2.1', '1.1')).toBe('1.1')
    expect(key('D1', '1.1')).toBe('')
    expect(key('D1', '1.1', '1.1')).toBe('')
    expect(key('D1', '2.1', '1.1')).toBe('1.1')
  })
})

describe('a signature', () => {
  const body = '{"type":"event_callback"}'
  const bytes = new TextEncoder().encode(body)
  const secret = 'a-secret-of-slack'
  const headers = (signing = {}) => new Headers(signedHeaders(body, secret, signing))

  it('of Slack is good for five minutes before and after', () => {
    expect(isSigned(headers(), bytes, secret)).toBe(true)
    expect(isSigned(headers({ aheadSeconds: -290 }), bytes, secret)).toBe(true)
    expect(isSigned(headers({ aheadSeconds: -310 }), bytes, secret)).toBe(false)
    expect(isSigned(headers({ aheadSeconds: 310 }), bytes, secret)).toBe(false)
  })

  it('that is forged, missing, malformed or for another body is refused', () => {
    const other = new TextEncoder().encode('{"type":"other"}')
    expect(isSigned(headers(), other, secret)).toBe(false)
    expect(isSigned(headers(), bytes, 'another-secret')).toBe(false)
    expect(isSigned(headers(), bytes, '')).toBe(false)
    expect(isSigned(new Headers(), bytes, secret)).toBe(false)
    for (const signature of ['v0=', 'v0=zz', `v1=${'0'.repeat(64)}`, `v0=${'0'.repeat(64)}`, 'v0=ä'.replace('ä', 'a')])
      expect(isSigned(headers({ signature }), bytes, secret), signature).toBe(false)
    const noTime = headers()
    noTime.set('x-slack-request-timestamp', 'now')
    expect(isSigned(noTime, bytes, secret)).toBe(false)
  })
})

describe('the token', () => {
  const api = 'http://127.0.0.1:4000/api/'
  it.each([
    ['https://files.slack.com/files-pri/T1-F1/x.png', true],
    ['https://acme.slack.com/files/x', true],
    ['http://127.0.0.1:4000/files-pri/x', true],
    ['http://files.slack.com/x', false],
    ['https://files.slack.com.evil.example/x', false],
    ['https://evilslack.com/x', false],
    ['https://user:pass@files.slack.com/x', false],
    ['https://files.slack.com:8443/x', false],
    ['http://127.0.0.1:4001/x', false],
    ['file:///etc/passwd', false],
  ])('goes to %s: %s', (link, goes) => {
    expect(slackAddress(link, api) !== undefined).toBe(goes)
  })
})

describe('a file name', () => {
  it('loses paths, marks of direction and its excess', () => {
    expect(cleanName('../../etc/passwd')).toBe('etc-passwd')
    expect(cleanName('a\u202egnp.exe\u0000')).toBe('a-gnp.exe-')
    expect(cleanName('')).toBe('file')
    expect(cleanName(`${'狐'.repeat(300)}.png`)).toBe(`${'狐'.repeat(90)}.png`)
  })
})
