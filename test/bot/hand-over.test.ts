import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createStores, type Stores } from '../../src/conversation/stores.ts'
import { ann, createHarness, imagesOf, keyOf, partsOf, until } from '../support/bot-harness.ts'

/** Stores of a busy disk: what is read is old when it arrives, and a change takes a while before and after it is done. */
async function slowStores(): Promise<Stores> {
  const stores = await createStores({ memory: true })
  return {
    ...stores,
    threads: {
      ...stores.threads,
      async get(key) {
        const state = await stores.threads.get(key)
        await sleep(4)
        return state
      },
    },
    async commit(change) {
      await sleep(10)
      await stores.commit(change)
      await sleep(10)
    },
  }
}

it('shows a picture and its reply without a gap while the job hands them over to the thread', async () => {
  const harness = await createHarness({ stores: await slowStores(), script: { stepMs: 1, steps: 2 } })
  onTestFinished(() => harness.stop())
  const { bot, adapter } = harness
  const accepted = await harness.say('draw a fox')
  const jobId = accepted.type === 'accepted' ? accepted.jobId : ''
  await until(() => adapter.messages.some((message) => imagesOf(message).length > 0))
  const { sha256 } = imagesOf(adapter.messages.at(-1)!)[0]!

  const looks: Promise<{ bytes: boolean; images: number; errors: number; shown: boolean }>[] = []
  const look = async () => {
    const [bytes, reply, view] = await Promise.all([
      bot.readBlob(keyOf('t'), ann, sha256),
      bot.readReply(keyOf('t'), ann, jobId),
      bot.readThread(keyOf('t'), ann),
    ])
    const turns = Object.values(view!.state.turns)
    return {
      bytes: bytes !== undefined,
      images: imagesOf(reply!).length,
      errors: partsOf(reply!, 'error').length,
      shown: view!.pending.length === 1 || turns.some(({ role }) => role === 'assistant'),
    }
  }
  while (adapter.finals(jobId).length === 0) {
    looks.push(look())
    await sleep(1)
  }
  looks.push(look())
  expect(looks.length).toBeGreaterThan(5)
  for (const seen of await Promise.all(looks)) expect(seen).toEqual({ bytes: true, images: 1, errors: 0, shown: true })
})
