import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AppError, type ErrorCode } from '../../src/contract/errors.ts'
import { cachedFile, cachedSnapshot } from '../../src/hub/cache.ts'
import { connectHub } from '../../src/hub/connection.ts'
import type { DownloadOptions } from '../../src/hub/download.ts'
import type { HubSettings } from '../../src/hub/hub-settings.ts'
import { checkRoom, planPull, pull } from '../../src/hub/pull.ts'
import { gitSha1, sha256, startHub, type Fault, type StandInHub } from '../stand-ins/hub/hub-server.ts'
import { temporaryFolder } from '../weights/write-safetensors.ts'

const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251)
const small = Buffer.from('{ "model_type": "tiny" }')
const files = { 'unet/model.safetensors': { bytes: large, lfs: true }, 'config.json': { bytes: small } }
const model = { repository: 'ann/model', revision: 'main' }
const folder = temporaryFolder()

let hub: StandInHub
let cache: string
let caches = 0
beforeAll(async () => {
  hub = await startHub({ 'ann/model': { files }, 'ann/gated': { files, gate: 'hf_right-token' } })
})
afterAll(() => hub.close())
beforeEach(() => {
  cache = path.join(folder, String(caches++))
  hub.faults.length = 0
  ;(hub.seen as unknown[]).length = 0
})

const settings = (change: Partial<HubSettings> = {}): HubSettings => ({
  endpoint: hub.endpoint,
  cache,
  hosts: [hub.storageHost],
  ...change,
})

async function bring(change: Partial<HubSettings> = {}, options: DownloadOptions = {}, wanted = model) {
  const connection = connectHub(settings(change), { attempts: 3, pauseMs: 1, silenceMs: 5000 })
  const plan = await planPull(connection, wanted, (all) => all)
  return pull(connection, plan, options)
}

async function failure(run: Promise<unknown>): Promise<AppError> {
  try {
    await run
  } catch (error) {
    return AppError.from(error)
  }
  throw new Error('nothing was thrown')
}

const blobs = () => readdirSync(path.join(cache, 'models--ann--model', 'blobs')).sort()
const bytesOf = (snapshot: string) => readFileSync(path.join(snapshot, 'unet', 'model.safetensors'))

describe('a download', () => {
  it('lies in the layout that all tools of the hub share', async () => {
    const snapshot = await bring()
    expect(snapshot).toBe(path.join(cache, 'models--ann--model', 'snapshots', hub.commit))
    expect(blobs()).toEqual([gitSha1(small), sha256(large)].sort())
    const link = readlinkSync(path.join(snapshot, 'unet', 'model.safetensors'))
    expect(link).toBe(path.join('..', '..', '..', 'blobs', sha256(large)))
    expect(bytesOf(snapshot).equals(large)).toBe(true)
    expect(readFileSync(path.join(cache, 'models--ann--model', 'refs', 'main'), 'utf8')).toBe(hub.commit)
    expect(cachedSnapshot(cache, model)).toBe(snapshot)
    expect(cachedFile(snapshot, 'config.json').gitSha1).toBe(gitSha1(small))
  })

  it('uses what another tool has brought, and asks for nothing twice', async () => {
    const folder = path.join(cache, 'models--ann--model', 'blobs')
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, sha256(large)), large)
    await bring()
    await bring()
    expect(hub.seen.filter(({ server }) => server === 'storage')).toEqual([])
    expect(hub.seen.filter(({ path }) => path.includes('config.json'))).toHaveLength(1)
  })

  it('comes in parallel ranges', async () => {
    const snapshot = await bring({}, { partBytes: 100_000, connections: 3 })
    const ranges = hub.seen.filter(({ server }) => server === 'storage').map(({ range }) => range)
    expect(ranges.sort()).toEqual(['bytes=0-99999', 'bytes=100000-199999', 'bytes=200000-299999'])
    expect(bytesOf(snapshot).equals(large)).toBe(true)
  })

  it('goes on where a broken connection stopped, also in another run', async () => {
    const cuts: Fault[] = [10_000, 20_000, 30_000].map((afterBytes) => ({ kind: 'cut', afterBytes }))
    hub.repositories.set('ann/one', { files: { 'unet/model.safetensors': files['unet/model.safetensors'] } })
    const one = { repository: 'ann/one', revision: 'main' }
    hub.faults.push(...cuts)
    const error = await failure(bring({}, {}, one))
    expect(error).toMatchObject({ code: 'hub/unreachable', retryable: true })
    expect(error.message).toContain('unet/model.safetensors of ann/one')
    expect(cachedSnapshot(cache, one)).toBeUndefined()
    const connection = connectHub(settings())
    const plan = await planPull(connection, one, (all) => all)
    expect(plan.missingBytes).toBeLessThan(large.length)
    expect(bytesOf(await pull(connection, plan)).equals(large)).toBe(true)
    const starts = hub.seen
      .filter(({ server }) => server === 'storage')
      .map(({ range }) => Number(/\d+/.exec(range!)![0]))
    expect(starts[0]).toBe(0)
    expect(starts.at(-1)).toBe(large.length - plan.missingBytes)
  })

  it('waits and tries again when the hub is busy, as long as the hub asks for', async () => {
    hub.faults.push({ kind: 'status', status: 503 }, { kind: 'status', status: 429, retryAfter: 0 })
    expect(bytesOf(await bring()).equals(large)).toBe(true)
  })

  it('comes as a whole from a server that knows no ranges', async () => {
    hub.faults.push({ kind: 'no-ranges' }, { kind: 'no-ranges' }, { kind: 'no-ranges' })
    expect(bytesOf(await bring({}, { partBytes: 100_000, connections: 1 })).equals(large)).toBe(true)
  })

  it('begins anew after what another version left half', async () => {
    const folder = path.join(cache, 'models--ann--model', 'blobs')
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, `${sha256(large)}.llmga-partial`), 'x')
    writeFileSync(path.join(folder, `${sha256(large)}.llmga-partial.json`), '{"version":0,"done":1}')
    expect(bytesOf(await bring()).equals(large)).toBe(true)
    expect(blobs()).toHaveLength(2)
  })
})

describe('the token', () => {
  it('is sent to the hub and not to the storage behind it', async () => {
    await bring({ token: 'hf_right-token' }, {}, { repository: 'ann/gated', revision: 'main' })
    const by = (server: string) => new Set(hub.seen.filter((s) => s.server === server).map((s) => s.authorization))
    expect(by('hub')).toEqual(new Set(['Bearer hf_right-token']))
    expect(by('storage')).toEqual(new Set([undefined]))
  })

  it('is in no error', async () => {
    const gated = { repository: 'ann/gated', revision: 'main' }
    const error = await failure(bring({ token: 'hf_wrong-token' }, {}, gated))
    expect(JSON.stringify([error, error.stack])).not.toContain('hf_wrong-token')
  })
})

describe('what goes wrong', () => {
  const cases: [string, ErrorCode, string, () => Promise<unknown>][] = [
    ['wrong bytes', 'weights/hash-mismatch', 'unet/model.safetensors', () => (fault('wrong-bytes'), bring())],
    ['another file than the list says', 'weights/hash-mismatch', 'another', () => (fault('other-etag'), bring())],
    ['a gate without a token', 'access/denied', 'HF_TOKEN', () => bring({}, {}, { ...model, repository: 'ann/gated' })],
    [
      'a gate with the token of somebody else',
      'access/denied',
      'Accept the terms',
      () => bring({ token: 'hf_other-token' }, {}, { ...model, repository: 'ann/gated' }),
    ],
    [
      'an unknown repository',
      'model/not-found',
      'ann/absent',
      () => bring({}, {}, { ...model, repository: 'ann/absent' }),
    ],
    ['an unknown revision', 'model/not-found', 'v9', () => bring({}, {}, { ...model, revision: 'v9' })],
    ['downloads switched off', 'hub/unreachable', 'HF_HUB_OFFLINE', () => bring({ offline: true })],
    ['no connection', 'hub/unreachable', 'HF_ENDPOINT', () => bring({ endpoint: 'http://127.0.0.1:9' })],
    ['a redirect to a stranger', 'access/denied', 'evil.example', () => (redirect('https://evil.example/x'), bring())],
    ['a host of the storage that is not named', 'access/denied', 'LLMGA_HUB_HOSTS', () => bring({ hosts: [] })],
    [
      'a redirect to this machine from a hub elsewhere',
      'access/denied',
      '169.254.169.254',
      () => (redirect('http://169.254.169.254/latest'), bring()),
    ],
    ['a disk without room', 'storage/full', 'room for', () => checkRoom(folder, 2 ** 60)],
  ]
  const fault = (kind: 'wrong-bytes' | 'other-etag') => {
    hub.repositories.set('ann/model', { files: { 'unet/model.safetensors': files['unet/model.safetensors'] } })
    hub.faults.push({ kind })
  }
  const redirect = (to: string) => {
    hub.repositories.set('ann/model', { files: { 'unet/model.safetensors': files['unet/model.safetensors'] } })
    hub.faults.push({ kind: 'redirect', to })
  }

  it.each(cases)('%s: %s', async (_name, code, named, run) => {
    const error = await failure(run())
    expect(error.code).toBe(code)
    expect(`${error.message} ${error.hint}`).toContain(named)
    expect(error.hint).toMatch(/\w{4}.*\.$/)
    const blobFolder = path.join(cache, 'models--ann--model', 'blobs')
    const whole = existsSync(blobFolder) ? blobs().filter((name) => /^[0-9a-f]{64}$/.test(name)) : []
    expect(whole).toEqual([])
    expect(cachedSnapshot(cache, model)).toBeUndefined()
    hub.repositories.set('ann/model', { files })
  })

  it('leaves nothing of wrong bytes, so that the next run begins anew', async () => {
    fault('wrong-bytes')
    await failure(bring())
    expect(blobs()).toEqual([])
    expect(bytesOf(await bring()).equals(large)).toBe(true)
    hub.repositories.set('ann/model', { files })
  })
})
