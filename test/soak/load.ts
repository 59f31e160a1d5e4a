import { setTimeout as sleep } from 'node:timers/promises'
import { pick, type SoakConversation, type SoakPlatform } from './platform.ts'

/** What was asked for and what came of it. */
export interface Tally {
  readonly platform: string
  readonly asked: Record<string, number>
  /** Threads whose replies are not as many as what was asked. */
  readonly wrong: string[]
  /** Seconds from a request to the end of its reply. */
  readonly waits: number[]
  cancelled: number
}

export interface LoadOptions {
  readonly random: () => number
  readonly until: number
  /** A reply that takes longer is lost. */
  readonly limitMs: number
}

/** A thread in which nothing is open for so long has ended. */
const settledMs = 3000

const things = ['a red fox in the snow', 'a blue car on the beach', 'a yellow star at night', 'a green cat']
const changes = ['make it blue', 'make it green', 'make it red']
const questions = ['What color is it?', 'What can you draw?', 'Is there a dog in the image?']

/** Everybody of a platform goes on until the time is over; then each of their threads is counted. */
export async function runLoad(platform: SoakPlatform, options: LoadOptions): Promise<Tally> {
  const tally: Tally = { platform: platform.name, asked: {}, wrong: [], waits: [], cancelled: 0 }
  const people = Array.from({ length: platform.people }, (_, index) => index)
  await Promise.all(people.map((index) => person(platform, index, options, tally)))
  return tally
}

async function person(platform: SoakPlatform, index: number, options: LoadOptions, tally: Tally): Promise<void> {
  const { random, until } = options
  await sleep(random() * 3000)
  while (Date.now() < until) {
    const opening = random() < 0.8 ? `draw ${pick(things, random)}` : pick(questions, random)
    const thread = createThread(platform.open(index, opening), `${platform.name} ${index}: ${opening}`, options, tally)
    if (!(await thread.expect('open'))) continue
    let hasPicture = opening.startsWith('draw') // without one "make it red" is refused privately, which is no reply
    const moves = Math.floor(random() * 5)
    for (let move = 0; move < moves && Date.now() < until; move++) {
      await sleep(random() * 1500)
      if (!(await moveOn(thread, random, hasPicture))) break
      if (thread.tookBack()) hasPicture = false
    }
    await thread.count()
  }
}

type Thread = ReturnType<typeof createThread>

/** One thing that a person does next. Resolves to false when the thread is lost. */
async function moveOn(thread: Thread, random: () => number, hasPicture: boolean): Promise<boolean> {
  const which = random()
  if (which < 0.3 && hasPicture) return thread.say('edit', pick(changes, random))
  if (which < 0.5) return thread.say('question', pick(questions, random))
  if (which < 0.7) return thread.press('Redo with a new seed')
  if (which < 0.8) return thread.undo()
  return thread.cancelOne(`draw ${pick(things, random)}`)
}

/** A thread that knows how many replies there have to be. */
function createThread(conversation: SoakConversation, title: string, { limitMs }: LoadOptions, tally: Tally) {
  let expected = 1
  const done: string[] = []
  const note = (kind: string) => {
    tally.asked[kind] = (tally.asked[kind] ?? 0) + 1
    done.push(kind)
  }
  const wrong = (what: string) => {
    const { ended: count, open } = conversation.replies()
    const said = `${count} ended, ${open} open of ${expected} ${what}; done: ${done.join(', ')}`
    tally.wrong.push(`${title}: ${said}; told alone: ${JSON.stringify(conversation.told())}`)
  }

  async function ended(): Promise<boolean> {
    const from = performance.now()
    let since: number | undefined // a reply in two messages has both only after the platform's pause between them
    while (performance.now() - from < limitMs) {
      const { ended: count, open } = conversation.replies()
      since = open === 0 && count >= expected ? (since ?? performance.now()) : undefined
      if (since !== undefined && performance.now() - since > settledMs) {
        tally.waits.push((since - from) / 1000)
        return true
      }
      await sleep(50)
    }
    wrong(`after ${limitMs} ms`)
    return false
  }

  return {
    async expect(kind: string) {
      note(kind)
      return ended()
    },
    async say(kind: string, text: string) {
      note(kind)
      conversation.say(text)
      expected++
      return ended()
    },
    async press(label: string) {
      if (!(await conversation.use(label))) return true
      expected++
      note(label)
      return ended()
    },
    async undo() {
      if (await conversation.use('Undo')) note('Undo')
      return true
    },
    /** Whether something was undone: perhaps the only picture. */
    tookBack: () => done.includes('Undo'),
    /** Asks, and takes it back as soon as that is offered. */
    async cancelOne(text: string) {
      conversation.say(text)
      expected++
      note('to be cancelled')
      const from = performance.now()
      while (performance.now() - from < 5000 && conversation.replies().open === 0) await sleep(20)
      if (await conversation.use('Cancel')) tally.cancelled++
      return ended()
    },
    /** No reply more and none less than what was asked. */
    async count() {
      await sleep(200)
      const { ended: count, open } = conversation.replies()
      if (open > 0 || count !== expected) wrong('at the end')
    },
  }
}
