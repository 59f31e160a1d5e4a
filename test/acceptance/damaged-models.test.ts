import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerOf, ask, expectClear, press } from './conversation.ts'
import { makePlace, runCommand, startServer, type Server } from './program.ts'
import { readThread } from './visit.ts'

const place = makePlace('damaged')
const weights = place.at('models/mine/mllm/model.safetensors')
const whole = readFileSync('models/llmga-tiny/mllm/model.safetensors')

/** A models folder with a preset `mine`, a copy of the embedded one, and a bare checkpoint without its UNet. */
function copyModels(): void {
  mkdirSync(place.at('models/presets'), { recursive: true })
  const preset = readFileSync('models/presets/llmga-tiny.json', 'utf8')
  writeFileSync(place.at('models/presets/mine.json'), preset.replaceAll('llmga-tiny', 'mine'))
  cpSync('models/llmga-tiny/mllm', place.at('models/mine/mllm'), { recursive: true })
  cpSync('models/llmga-tiny/world.json', place.at('models/mine/world.json'))
  cpSync('models/llmga-tiny/sd-t2i', place.at('models/bare'), { recursive: true })
  rmSync(place.at('models/bare/unet/diffusion_pytorch_model.safetensors'))
}

const altered = (): Buffer => {
  const bytes = Buffer.from(whole)
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

describe('a damaged model', { timeout: 120_000 }, () => {
  const variables = { LLMGA_MODELS_DIR: place.at('models'), LLMGA_MLLM: 'mine', LLMGA_T2I: 'bare' }
  const question = 'draw a red fox in the snow'
  let server: Server

  beforeAll(async () => {
    copyModels()
    rmSync(weights)
    server = await startServer(place, variables)
  })
  afterAll(async () => {
    server.signalAll('SIGKILL')
    await server.exit
    place.remove()
  })

  it.each<[what: string, damage: () => void, code: string, sentence: RegExp]>([
    ['a missing file', () => undefined, 'weights/missing', /file mllm\/model\.safetensors is missing;.* must restore/],
    ['a file cut off', () => writeFileSync(weights, whole.subarray(0, 1e6)), 'weights/corrupt', /mllm\S+ is damaged;/],
    ['an altered file', () => writeFileSync(weights, altered()), 'weights/hash-mismatch', /mllm\S+ has been changed;/],
  ])('%s is named in the channel and in the log, with what to do', async (what, damage, code, sentence) => {
    damage()
    const reply = await ask(server.url, what.replaceAll(' ', '-'), question)
    expect(reply).toMatchObject({ state: 'failed', errors: [expect.stringMatching(sentence) as string] })
    expectClear(reply.errors[0])
    const line = server
      .stderr()
      .split('\n')
      .find((one) => one.includes('"job failed"') && one.includes(code))
    expect(line).toContain(weights)
    expect(line).toContain('models verify')
  })

  it('of a bare folder is named, too', async () => {
    const reply = await ask(server.url, 'bare', '/imagine a red fox --raw')
    expect(reply.state).toBe('failed')
    expectClear(reply.errors[0])
    expect(reply.errors[0]).toMatch(/unet.* is missing/)
  })

  it('is named by the command line, with its exit code', async () => {
    const { code, stdout, stderr } = await runCommand(place, ['chat', '--once', question], variables)
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toContain(weights)
    expect(stderr).toContain('models verify')
    expectClear(stderr.replace('thinking…\n', '').trimEnd())
  })

  it('that was restored works at once, and nothing that was asked is lost', async () => {
    writeFileSync(weights, whole)
    expect(await ask(server.url, 'fresh', 'What color is a ripe tomato?')).toMatchObject({ state: 'done' })
    const { actions } = await answerOf(server.url, 'a-missing-file')
    await press(server.url, 'a-missing-file', actions['Try again']!)
    const again = await answerOf(server.url, 'a-missing-file')
    expect(again.text).toMatch(/fox/) // the words; the picture still lacks its model
    expect(again.errors[0]).toMatch(/unet.* is missing/)
    expect((await readThread(server.url, 'a-missing-file')).entries).toHaveLength(2)
  })
})
