import { asList, asText, jsonArg, SlackRefusal, textArg, type Args } from './json.ts'
import type { Method } from './methods.ts'
import { findMessage, type AssistantThread, type SlackState } from './state.ts'

/** The assistant pane: what it says above the field, and what it offers to begin with. */
export const assistantMethods: Readonly<Record<string, Method>> = {
  'assistant.threads.setStatus'(args, { state }) {
    // Threads of channels show it too (since 2025).
    const status = textArg(args, 'status') ?? ''
    const [channel, threadTs] = [textArg(args, 'channel_id'), textArg(args, 'thread_ts')]
    const thread = state.assistantThreads.get(assistantKey(channel ?? '', threadTs ?? ''))
    if (thread) thread.status = status
    else if (!findMessage(state, channel, threadTs)) throw new SlackRefusal('channel_not_found')
    return {}
  },
  'assistant.threads.setTitle'(args, { state }) {
    const title = textArg(args, 'title') ?? ''
    if (title === '') throw new SlackRefusal('invalid_arguments')
    threadOf(args, state).title = title
    return {}
  },
  'assistant.threads.setSuggestedPrompts'(args, { state }) {
    const thread = threadOf(args, state)
    const prompts = asList(jsonArg(args, 'prompts'))
    const complete = prompts.every(({ title, message }) => asText(title) !== '' && asText(message) !== '')
    if (prompts.length < 1 || prompts.length > 4 || !complete) throw new SlackRefusal('invalid_arguments')
    thread.prompts = prompts.map(({ title, message }) => ({ title: asText(title), message: asText(message) }))
    return {}
  },
}

export const assistantKey = (channel: string, threadTs: string): string => `${channel}/${threadTs}`

function threadOf(args: Args, state: SlackState): AssistantThread {
  const thread = state.assistantThreads.get(
    assistantKey(textArg(args, 'channel_id') ?? '', textArg(args, 'thread_ts') ?? ''),
  )
  if (!thread) throw new SlackRefusal('channel_not_found')
  return thread
}
