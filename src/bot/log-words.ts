import type { ConversationState } from '../contract/conversation.ts'
import type { Job } from '../contract/job.ts'
import type { BotContext } from './context.ts'

/** Writes what a person asked for into the log, where whoever runs the bot has allowed that; at the level debug. */
export function logWords({ log, logPrompts }: BotContext, { id, request }: Job, { turns }: ConversationState): void {
  if (!logPrompts) return
  const words = (turns[request.turnId]?.blocks ?? []).flatMap((block) => (block.type === 'text' ? [block.text] : []))
  const prompt = 'prompt' in request ? { prompt: request.prompt } : {}
  log.debug({ job: id, words: words.join('\n'), ...prompt }, 'words of a job')
}
