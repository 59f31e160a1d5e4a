/** Threads of a wish and eight edits: how many factors are right after each turn, in the prompt and in the picture. */
import type { ChatMessage, Inference } from '../../../src/contract/inference.ts'
import { factorNames, parseCaption, type Factors } from '../captions.ts'
import { captionOf, draw, promptOf, reply } from '../models.ts'
import { mean, share, type Table } from '../score.ts'

interface Dialogue {
  readonly wish: string
  readonly start: Factors
  readonly turns: readonly (readonly [instruction: string, change: Partial<Factors>])[]
}

const meadow = 'on a green meadow under a blue sky'
const snow = 'in the snow under a grey sky'
const beach = 'on a sandy beach by the sea'
const city = 'on a city street with tall buildings'
const room = 'in a room with a wooden floor'
const night = 'on dark hills under a starry night sky'
const forest = 'in a forest with tall trees'
const crown = 'wearing a crown'
const hat = 'wearing a top hat'
const balloon = 'with a red balloon'

const scene = (size: string, colour: string, object: string, position: string, background: string): Factors => ({
  size,
  colour,
  object,
  accessory: '',
  position,
  background,
})

/** All eight kinds of edits in changing order; the words are people's, in the forms that the tiny model was trained on. */
const dialogues: readonly Dialogue[] = [
  {
    wish: 'draw a cat',
    start: scene('big', 'orange', 'cat', 'in the center', meadow),
    turns: [
      ['make it blue', { colour: 'blue' }],
      ['put it in the snow', { background: snow }],
      ['add a crown', { accessory: crown }],
      ['turn the cat into a dog', { object: 'dog' }],
      ['make it smaller', { size: 'small' }],
      ['move it to the left', { position: 'on the left' }],
      ['remove the crown', { accessory: '' }],
      ['make it red', { colour: 'red' }],
    ],
  },
  {
    wish: 'a red car in the city',
    start: scene('big', 'red', 'car', 'in the center', city),
    turns: [
      ['make it green', { colour: 'green' }],
      ['turn the car into a bus', { object: 'bus' }],
      ['move it to the right', { position: 'on the right' }],
      ['change the background to the beach', { background: beach }],
      ['make it small', { size: 'small' }],
      ['add a top hat', { accessory: hat }],
      ['paint it purple', { colour: 'purple' }],
      ['make it bigger', { size: 'big' }],
    ],
  },
  {
    wish: 'draw a purple dinosaur in the forest',
    start: scene('big', 'purple', 'dinosaur', 'in the center', forest),
    turns: [
      ['give it a balloon', { accessory: balloon }],
      ['make it yellow', { colour: 'yellow' }],
      ['put it in the room', { background: room }],
      ['make it an elephant', { object: 'elephant' }],
      ['shrink it', { size: 'small' }],
      ['without the balloon', { accessory: '' }],
      ['make it pink', { colour: 'pink' }],
      ['move it to the left', { position: 'on the left' }],
    ],
  },
  {
    wish: 'draw a yellow star at night',
    start: scene('big', 'yellow', 'star', 'in the center', night),
    turns: [
      ['make it orange', { colour: 'orange' }],
      ['move it to the right', { position: 'on the right' }],
      ['replace the star with a heart', { object: 'heart' }],
      ['add a crown', { accessory: crown }],
      ['change the color to blue', { colour: 'blue' }],
      ['put it on the beach', { background: beach }],
      ['smaller please', { size: 'small' }],
      ['make it green', { colour: 'green' }],
    ],
  },
]

interface TurnResult {
  readonly asked: boolean
  readonly prompt: number
  readonly picture: number
}

const rightShare = (seen: Factors | undefined, wanted: Factors) =>
  mean(factorNames.map((name) => Number(seen?.[name] === wanted[name])))

async function hold(inference: Inference, { wish, start, turns }: Dialogue): Promise<readonly TurnResult[]> {
  const opening = await reply(inference, [{ role: 'user', text: wish }])
  let prompt = promptOf(opening)
  let picture = (await draw(inference, { kind: 'text-to-image', prompt, seed: 7 })).png
  let wanted = start
  const results: TurnResult[] = [
    {
      asked: true,
      prompt: rightShare(parseCaption(prompt), wanted),
      picture: rightShare(parseCaption(await captionOf(inference, picture)), wanted),
    },
  ]
  for (const [instruction, change] of turns) {
    wanted = { ...wanted, ...change }
    const messages: ChatMessage[] = [
      { role: 'user', text: 'Generate a similar image.', image: picture },
      { role: 'assistant', text: `Sure! Here is a similar image: <gen_image> ${prompt} </gen_image>` },
      { role: 'user', text: instruction },
    ]
    const next = promptOf(await reply(inference, messages))
    // Words that the model did not take up change nothing.
    if (next !== prompt)
      picture = (await draw(inference, { kind: 'edit', image: picture, sourcePrompt: prompt, prompt: next, seed: 7 }))
        .png
    prompt = next
    const seen = parseCaption(await captionOf(inference, picture))
    const asked = Object.entries(change).every(([name, value]) => seen?.[name as keyof Factors] === value)
    results.push({ asked, prompt: rightShare(parseCaption(prompt), wanted), picture: rightShare(seen, wanted) })
  }
  return results
}

export async function dialogueTurns(inference: Inference): Promise<readonly Table[]> {
  const all: (readonly TurnResult[])[] = []
  for (const dialogue of dialogues) all.push(await hold(inference, dialogue))
  const rows = all[0]!.map((_, turn) => {
    const results = all.map((dialogue) => dialogue[turn]!)
    return [
      turn === 0 ? 'wish' : `edit ${turn}`,
      share(mean(results.map(({ prompt }) => prompt))),
      share(mean(results.map(({ picture }) => picture))),
      share(mean(results.map(({ asked }) => Number(asked)))),
    ]
  })
  return [
    {
      title: 'Eight edits in a row on one thread',
      note: `Means over ${dialogues.length} dialogues: share of the six factors that are right in the prompt, and in the picture as the language model reads it; and whether the change of this turn is seen.`,
      header: ['turn', 'factors in prompt', 'factors in picture', 'change seen'],
      rows,
    },
  ]
}
