import type { Acknowledgement } from '../../src/contract/adapter.ts'
import type { Person, ThreadKey } from '../../src/contract/thread.ts'
import { ann, createRecordingAdapter, type Harness } from '../support/bot-harness.ts'
import { useHarness } from './use-harness.ts'

export const root: Person = { id: 'root', name: 'Root', admin: true }

/** An adapter like Discord's: threads are shared, answers are private. */
export function sharedAdapter(onRender?: Parameters<typeof createRecordingAdapter>[0]) {
  const adapter = createRecordingAdapter(onRender)
  return { ...adapter, platform: 'chat', capabilities: { ...adapter.capabilities, shared: true, ephemeral: true } }
}

export const placeOf = (threadId: string, channelId = 'general', workspaceId = 'guild'): ThreadKey => ({
  platform: 'chat',
  workspaceId,
  channelId,
  threadId,
})

export const answered = (acknowledgement: Acknowledgement) => {
  if (acknowledgement.type !== 'answered') throw new Error(`not answered but ${acknowledgement.type}`)
  return acknowledgement
}

/** A harness of a shared platform; what is said is said in the thread `t` of #general unless it says otherwise. */
export function useSharedHarness() {
  const tools = useHarness()
  let harness: Harness
  const key = placeOf('t')
  return {
    ...tools,
    start: async (options: Parameters<typeof tools.start>[0] = {}) =>
      (harness = await tools.start({ adapter: sharedAdapter(), ...options })),
    say: (text: string, author = ann, where = key, extra = {}) => harness.say(text, { author, key: where, ...extra }),
    ask: (text: string, author = ann, where = key) => harness.ask(text, { author, key: where }),
    press: (actionId: string, author = ann, where = key) => harness.press(actionId, {}, { author, key: where }),
    told: async (text: string, author = ann, where = key) =>
      answered(await harness.say(text, { author, key: where })).text,
    key,
  }
}
