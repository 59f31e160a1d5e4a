import { afterAll, expect, it } from 'vitest'
import type { ChatRequest, TextToImageRequest } from '../../src/contract/inference.ts'
import { collect, openDoor, recordingLog } from './door.ts'

// The bot's own worker over the embedded models: real sessions, real tokens, real pictures.
const { log, lines } = recordingLog()
const door = openDoor(undefined, log)
afterAll(() => door.stop())

const question: ChatRequest = {
  kind: 'chat',
  messages: [{ role: 'user', text: 'draw a red fox in the snow' }],
  sampling: { temperature: 0, maxNewTokens: 60 },
}
const picture: TextToImageRequest = { kind: 'text-to-image', prompt: 'a red fox in the snow', seed: 7, steps: 6 }

it('talks while it draws, and says what both models take', async () => {
  const [reply, drawing] = await Promise.all([collect(door.run(question)), collect(door.run(picture))])
  expect(reply.at(-1)).toMatchObject({ type: 'done', result: { reply: expect.stringMatching(/\w/) as string } })
  expect(drawing.map(({ type }) => type)).toEqual(['started', ...Array<string>(6).fill('step'), 'image', 'done'])
  const { resident, running } = await door.status()
  expect(running).toBe(0)
  expect(resident.map(({ role }) => role).sort()).toEqual(['mllm', 't2i'])
  for (const { bytes } of resident) expect(bytes).toBeGreaterThan(1e6)
})

it('draws the same picture from the same request, and stops drawing when asked to', async () => {
  const draw = async () => (await collect(door.run(picture))).find((event) => event.type === 'image')?.image
  const [one, two] = [await draw(), await draw()]
  expect(one?.recipe).toMatchObject({ seed: 7, steps: 6, models: { t2i: { name: 'llmga-tiny' } } })
  expect(Buffer.from(one!.png).equals(two!.png)).toBe(true)

  const abort = new AbortController()
  let stepsAfter = 0
  for await (const event of door.run({ ...picture, steps: 200 }, { signal: abort.signal })) {
    if (event.type === 'step' && abort.signal.aborted) stepsAfter += 1
    if (event.type === 'step' && event.step === 3) abort.abort()
    if (event.type === 'error') expect(event.error.code).toBe('inference/cancelled')
    expect(event.type).not.toBe('done')
  }
  expect(stepsAfter).toBeLessThanOrEqual(2)
})

it('keeps the words of people out of the log', () => {
  expect(lines.some(({ msg }) => msg === 'model loaded')).toBe(true)
  expect(JSON.stringify(lines)).not.toContain('fox')
})
