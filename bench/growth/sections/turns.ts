/** A conversation of 40 turns, with what it keeps of the beginning; and the same after another first turn. */
import type { ChatMessage } from '../../../src/contract/inference.ts'
import { mebibytes, memoryOf } from '../../measure.ts'
import { panelOf, reportCurves } from '../curve.ts'
import { resultOf, withModels, workerPid } from '../door.ts'

const turns = 40
const wishes = ['draw a red fox in the snow', 'draw a blue cat on a meadow', 'draw a green car in the city']

const rows = await withModels(async (inference) => {
  const ask = (messages: readonly ChatMessage[]) => resultOf(inference, { kind: 'chat', messages })
  await ask([{ role: 'user', text: 'hello' }])
  const messages: ChatMessage[] = []
  const all: number[][] = []
  for (let turn = 1; turn <= turns; turn++) {
    messages.push({ role: 'user', text: wishes[turn % wishes.length]! })
    const { timings, reply = '', leftOut, tokens } = await ask(messages)
    const { resident } = await inference.status()
    const kept = resident.find(({ role }) => role === 'mllm')?.kept?.conversationBytes ?? 0
    // Another first turn: nothing of it is kept, until the first turn is left out.
    const { timings: cold } = await ask([{ role: 'user', text: `${messages[0]!.text} ${turn}` }, ...messages.slice(1)])
    messages.push({ role: 'assistant', text: reply })
    all.push([
      turn,
      tokens?.prompt ?? 0,
      leftOut?.turns ?? 0,
      timings['firstTokenMs']!,
      cold['firstTokenMs']!,
      mebibytes(kept),
      mebibytes(memoryOf(workerPid()).resident),
    ])
  }
  return all
})
const x = { xLabel: 'turn' }
reportCurves([
  {
    name: 'turns',
    columns: [
      'turn',
      'prompt, tokens',
      'turns left out',
      'first token, ms',
      'the same after another first turn, ms',
      'kept, MiB (both conversations)',
      'worker, MiB',
    ],
    rows,
    panels: [
      panelOf(
        { rows },
        { title: 'Time to the first token', yLabel: 'milliseconds', ...x, lines: { kept: 3, 'another first turn': 4 } },
      ),
      panelOf({ rows }, { title: 'Memory', yLabel: 'MiB', ...x, lines: { worker: 6, 'kept conversations': 5 } }),
    ],
  },
])
