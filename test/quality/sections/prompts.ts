/** The prompts that the language model writes: similar pictures, edits with the picture, wishes; factor by factor. */
import type { ChatMessage, Inference } from '../../../src/contract/inference.ts'
import { factorNames, parseCaption } from '../captions.ts'
import { promptOf, reply } from '../models.ts'
import { readEvalBytes, readEvalJson } from '../pictures.ts'
import { Score, share, type Table } from '../score.ts'

interface Scene {
  readonly image: string
  readonly caption: string
}

interface Edit {
  readonly image: string
  readonly instruction: string
  readonly source_caption: string
  readonly target_caption: string
}

/** Exact and by factor, from the release's README; `exact` first, then in the order of factorNames. */
const reference: Readonly<Record<string, readonly number[]>> = {
  similar: [0.84, 0.92, 1, 0.88, 1, 1, 1],
  'edit (image)': [0.92, 0.92, 1, 1, 1, 1, 1],
  'edit (text)': [0.92, 1, 1, 0.92, 1, 1, 1],
  refine: [1, 1, 1, 1, 1, 1, 1],
}

export async function prompts(inference: Inference): Promise<readonly Table[]> {
  const score = new Score()
  const compare = (kind: string, said: string, wanted: string) => {
    const [got, expected] = [parseCaption(promptOf(said)), parseCaption(wanted)!]
    score.add(`${kind} exact`, promptOf(said) === wanted)
    for (const factor of factorNames) score.add(`${kind} ${factor}`, got?.[factor] === expected[factor])
  }
  for (const { image, caption } of readEvalJson<readonly Scene[]>('scenes.json')) {
    const bytes = readEvalBytes(`images/${image}`)
    compare(
      'similar',
      await reply(inference, [{ role: 'user', text: 'Generate a similar image.', image: bytes }]),
      caption,
    )
    const wish = caption.replace(/, cartoon style$/, '')
    compare('refine', await reply(inference, [{ role: 'user', text: `Generate an image of ${wish}` }]), caption)
  }
  for (const edit of readEvalJson<readonly Edit[]>('edit/edits.json')) {
    const bytes = readEvalBytes(`edit/${edit.image}`)
    const talk = (opening: ChatMessage, words: string): ChatMessage[] => [
      opening,
      { role: 'assistant', text: `${words} <gen_image> ${edit.source_caption} </gen_image>` },
      { role: 'user', text: edit.instruction },
    ]
    const similar = { role: 'user', text: 'Generate a similar image.', image: bytes } as const
    const wish = { role: 'user', text: `draw ${edit.source_caption.replace(/, cartoon style$/, '')}` } as const
    compare(
      'edit (image)',
      await reply(inference, talk(similar, 'Sure! Here is a similar image:')),
      edit.target_caption,
    )
    compare('edit (text)', await reply(inference, talk(wish, 'Sure! Here is the picture:')), edit.target_caption)
  }
  const accuracies = new Map(score.rows().map((row) => [row.name, row]))
  const measures = ['exact', ...factorNames]
  return [
    {
      title: 'Prompts that the language model writes',
      note: "Right factors of the written prompt; behind each figure the reference's.",
      header: ['task', 'n', ...measures],
      rows: Object.entries(reference).map(([task, figures]) => [
        task,
        String(accuracies.get(`${task} exact`)?.n ?? 0),
        ...measures.map((name, i) => `${share(accuracies.get(`${task} ${name}`)?.accuracy ?? NaN)} (${figures[i]})`),
      ]),
    },
  ]
}
