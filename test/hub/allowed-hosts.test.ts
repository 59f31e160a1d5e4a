import { describe, expect, it } from 'vitest'
import { checkAddress, isPrivateAddress, mayHaveToken } from '../../src/hub/allowed-hosts.ts'
import type { HubSettings } from '../../src/hub/hub-settings.ts'

const settings: HubSettings = { endpoint: 'https://huggingface.co', cache: '/cache' }
const mirror = { endpoint: 'https://mirror.example', cache: '/cache', hosts: ['files.mirror.example'] }
const check = (address: string, from = settings) => checkAddress(new URL(address), from)

describe('hosts that a download may go to', () => {
  it.each([
    'https://huggingface.co/a',
    'https://cdn-lfs.huggingface.co/a',
    'https://cas-bridge.xethub.hf.co/a',
    'https://cdn-lfs-us-1.hf.co/a?Signature=x',
  ])('%s', (address) => expect(() => check(address)).not.toThrow())

  it.each([
    ['http://huggingface.co/a', 'https'],
    ['https://huggingface.co.evil.example/a', 'not a host'],
    ['https://evilhf.co/a', 'not a host'],
    ['https://user:word@huggingface.co/a', 'user name'],
    ['https://10.0.0.1/a', 'not a host'],
  ])('never %s', (address, why) => expect(() => check(address)).toThrow(why))

  it('are those that a mirror is set up with', () => {
    expect(() => check('https://files.mirror.example/a', mirror)).not.toThrow()
    expect(() => check('https://10.0.0.1/a', { ...mirror, hosts: ['10.0.0.1'] })).toThrow('private network')
  })

  it('get the token only where they are the endpoint itself', () => {
    expect(mayHaveToken(new URL('https://huggingface.co/a'), settings)).toBe(true)
    for (const other of ['https://cdn-lfs.hf.co/a', 'https://huggingface.co:444/a', 'http://huggingface.co/a'])
      expect(mayHaveToken(new URL(other), settings)).toBe(false)
  })

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true))
  it.each(['8.8.8.8', '18.155.68.44', '2600:9000::1'])('%s is not', (address) =>
    expect(isPrivateAddress(address)).toBe(false),
  )
})
