/** `npm run quality [-- --only REGEX] [--write]`: measures on held-out sets; `--write` puts the figures into docs/quality.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Inference } from '../../src/contract/inference.ts'
import { openModels } from './models.ts'
import { markdown, type Table } from './score.ts'
import { dialogueTurns } from './sections/dialogues.ts'
import { edits } from './sections/edits.ts'
import { inpainting } from './sections/inpainting.ts'
import { precision } from './sections/precision.ts'
import { prompts } from './sections/prompts.ts'
import { questions } from './sections/questions.ts'

const sections: Readonly<Record<string, (inference: Inference) => Promise<readonly Table[]>>> = {
  questions,
  prompts,
  'edits-p2p': (inference) => edits(inference, 'direct-inversion-p2p'),
  'edits-ledits': (inference) => edits(inference, 'ledits'),
  inpainting,
  dialogues: dialogueTurns,
  precision,
}

const { values } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean' } } })
const only = new RegExp(values.only ?? '')
const { inference } = openModels()
const texts: string[] = []
try {
  for (const [name, measure] of Object.entries(sections)) {
    if (!only.test(name)) continue
    const text = (await measure(inference)).map(markdown).join('\n')
    process.stdout.write(`${text}\n`)
    texts.push(text)
  }
} finally {
  await inference.stop()
}

if (values.write) {
  const file = path.join(import.meta.dirname, '../../docs/quality.md')
  const head = readFileSync(file, 'utf8').split('<!-- figures -->')[0]!
  writeFileSync(file, `${head}<!-- figures -->\n\n${texts.join('\n')}`)
}
