/**
 * A process that runs the bot until it is killed: it accepts three messages, and prints what happens.
 * usage: node --import tsx crash-bot.ts DATA_DIR drawing|posting|story
 */
import { createStores } from '../../src/conversation/stores.ts'
import { createHarness, createRecordingAdapter, keyOf, partsOf } from '../support/bot-harness.ts'

const [dataDir, mode] = process.argv.slice(2)
const print = (line: string) => process.stdout.write(`${line}\n`)

const adapter = createRecordingAdapter(async (message) => {
  if (partsOf(message, 'progress').some(({ progress }) => progress.phase === 'drawing')) print('drawing')
  if (!message.final) return
  print(`posting ${message.replyId}`)
  await new Promise(() => undefined) // it never arrives
})

const stores = await createStores({ dataDir: dataDir! })
const tale = 'One. <gen_image> one </gen_image> Two. <gen_image> two </gen_image> Three. <gen_image> three </gen_image>'
const scripts = {
  drawing: { stepMs: 20, steps: 500 },
  story: { stepMs: 20, steps: 8, reply: () => tale },
}
const script = mode === 'drawing' || mode === 'story' ? scripts[mode] : {}
const harness = await createHarness({ stores, adapter, script })
const stories = [['t', '/story a fox --pages 3', 'e1']] as const
const drawings = [
  ['t', 'draw a fox', 'e1'],
  ['t', 'draw an owl', 'e2'],
  ['t2', '/imagine a cat --seed 7', 'e3'],
] as const
for (const [thread, text, eventId] of mode === 'story' ? stories : drawings) {
  const acknowledged = await harness.say(text, { key: keyOf(thread), eventId })
  if (acknowledged.type === 'accepted') print(`accepted ${acknowledged.jobId}`)
}

let pages = 0
setInterval(() => {
  void stores.threads.get(keyOf('t')).then((state) => {
    const stored = Object.keys(state?.images ?? {}).length
    if (mode === 'story' && stored > pages) print(`page ${(pages = stored)}`)
  })
}, 5)
