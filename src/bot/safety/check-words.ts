import type { ConversationState } from '../../contract/conversation.ts'
import type { JobRequest } from '../../contract/job.ts'
import { refuse } from '../../language/refuse.ts'
import type { BotContext } from '../context.ts'

type Checking = Pick<BotContext, 'safety' | 'log'>

/** The keys of requests that hold a person's own words. What is to be avoided in a picture is not among them. */
const keysOfWords = ['wish', 'words', 'prompt', 'text', 'source', 'title', 'otherwise'] as const

/** Looks at the words of a job before it is taken. Throws AppError `access/denied`. */
export function checkWords({ safety, log }: Checking, { turns }: ConversationState, request: JobRequest): void {
  const said = (turns[request.turnId]?.blocks ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const values = request as Readonly<Record<string, unknown>>
  const asked = keysOfWords.map((key) => values[key]).filter((value) => typeof value === 'string')
  const check = safety.checkPrompt([...new Set([...said, ...asked])].join('\n'))
  if (check.allowed) return
  log.info({ entry: check.entry, kind: request.kind }, 'words were refused')
  throw refuse('access/denied', 'wordsNotAllowed')
}

/** Looks at the prompt that is about to be drawn: the language model may have written it. Throws AppError `access/denied`. */
export function checkDrawnPrompt({ safety, log }: Checking, prompt: string): void {
  const check = safety.checkPrompt(prompt)
  if (check.allowed) return
  log.info({ entry: check.entry }, 'a prompt was refused')
  throw refuse('access/denied', 'promptNotAllowed')
}
