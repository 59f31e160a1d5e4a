import { afterAll, expect, it } from 'vitest'
import type { ChatRequest, TextToImageRequest } from '../../src/contract/inference.ts'
import { collect, openDoor, recordingLog } from './door.ts'

// The bot's own worker over the embedded models, in memory that has room for one of them at a time.
const MiB = 2 ** 20
const memory = { memoryLimitBytes: 60 * MiB, chatMemoryBytes: 8 * MiB }
const door = openDoor(undefined, recordingLog().log, { memory })
afterAll(() => door.stop())

const question: ChatRequest = {
  kind: 'chat',
  messages: [{ role: 'user', text: 'draw a cat' }],
  sampling: { temperature: 0, maxNewTokens: 12 },
}
const picture: TextToImageRequest = { kind: 'text-to-image', prompt: 'a red fox', seed: 7, steps: 2, previews: false }

async function residents() {
  const { resident, budgetBytes } = await door.status()
  const counted = resident.reduce((sum, { bytes, estimatedBytes }) => sum + Math.max(bytes, estimatedBytes), 0)
  expect(budgetBytes).toBe(60 * MiB)
  expect(counted).toBeLessThanOrEqual(60 * MiB)
  return resident
}

it('takes turns with models that do not fit beside each other, and says what is kept', async () => {
  const first = await collect(door.run(question))
  const [talker] = await residents()
  expect(talker).toMatchObject({ role: 'mllm', loaded: true, kept: { conversations: 1, pictures: 0 } })
  expect(talker!.kept!.conversationBytes).toBeGreaterThan(10_000)
  expect(talker!.estimatedBytes).toBeGreaterThan(talker!.bytes)

  expect((await collect(door.run(picture))).at(-1)?.type).toBe('done')
  expect((await residents()).map(({ role }) => role)).toEqual(['t2i'])

  const both = await Promise.all([collect(door.run(question)), collect(door.run(picture))])
  expect(both.map((events) => events.at(-1)?.type)).toEqual(['done', 'done'])
  expect(both[0].at(-1)).toMatchObject({
    result: { reply: (first.at(-1) as { result: { reply: string } }).result.reply },
  })
  expect(await residents()).toHaveLength(1)
})

it('refuses a picture whose size asks for more than there is, and goes on', async () => {
  const last = (await collect(door.run({ ...picture, width: 1024, height: 1024 }))).at(-1)
  expect(last).toMatchObject({ type: 'error', error: { code: 'model/too-large' } })
  expect((await collect(door.run(question))).at(-1)?.type).toBe('done')
})
