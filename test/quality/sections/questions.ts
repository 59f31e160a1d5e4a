/** Visual question answering on held-out scenes: POPE, VQA, MMBench forms. A reply counts when all of it is right. */
import type { Inference } from '../../../src/contract/inference.ts'
import { reply } from '../models.ts'
import { readEvalBytes, readEvalLines } from '../pictures.ts'
import { Score, share, type Table } from '../score.ts'

interface Question {
  readonly image: string
  readonly question: string
  readonly answer: string
}

/** Accuracy in the release's own table (README of llmga-tiny: other held-out scenes, same question forms). */
const reference: Readonly<Record<string, number>> = {
  'POPE (yes or no)': 0.95,
  'MMBench (letter)': 0.96,
  'vqa acc': 1,
  'vqa bg': 1,
  'vqa colour': 0.94,
  'vqa count': 0.7,
  'vqa object': 0.92,
  'vqa size': 0.94,
  'vqa where': 0.98,
}

export async function questions(inference: Inference): Promise<readonly Table[]> {
  const score = new Score()
  const ask = ({ image, question }: Question) =>
    reply(inference, [{ role: 'user', text: question, image: readEvalBytes(`images/${image}`) }])
  for (const one of readEvalLines<Question>('pope.jsonl')) {
    const said = (await ask(one)).split(',')[0]!.trim().toLowerCase()
    score.add('POPE (yes or no)', said === one.answer)
  }
  for (const one of readEvalLines<Question & { prompt: string }>('mmbench.jsonl'))
    score.add('MMBench (letter)', (await ask({ ...one, question: one.prompt })).trim().replace('.', '') === one.answer)
  for (const one of readEvalLines<Question & { type: string }>('vqa.jsonl'))
    score.add(`vqa ${one.type}`, (await ask(one)).trim() === one.answer)
  const rows = [...score.rows()].sort((a, b) => a.name.localeCompare(b.name))
  return [
    {
      title: 'Questions about pictures',
      note: 'A question counts only when the whole reply is the expected one (POPE: its yes or no).',
      header: ['question', 'accuracy', 'n', 'reference'],
      rows: rows.map(({ name, accuracy, n }) => [
        name,
        share(accuracy),
        String(n),
        reference[name] === undefined ? '' : share(reference[name]),
      ]),
    },
  ]
}
