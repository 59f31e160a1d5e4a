import { SlackRefusal, type Args, type JsonObject } from './json.ts'
import { broadcast, pingsIn } from './messages.ts'
import { contentOf } from './methods-chat.ts'
import type { MethodContext } from './methods.ts'
import { addMessage, findMessage, look, type ResponseUrl, type SlackState } from './state.ts'

/** A response address is good for half an hour and five uses. */
const lifeMs = 30 * 60_000
const mostUses = 5

export function makeResponseUrl(
  state: SlackState,
  base: string,
  given: Pick<ResponseUrl, 'userId' | 'channel' | 'threadTs' | 'messageTs'>,
): string {
  const id = state.id('R')
  state.responseUrls.set(id, { ...given, madeAt: Date.now(), uses: 0 })
  return `${base}/response/${id}`
}

/** Carries out what was posted to a response address: an answer for one person, or for all, or a change of the message. */
export function useResponseUrl(id: string, args: Args, context: MethodContext): JsonObject {
  const { state } = context
  const known = state.responseUrls.get(id)
  if (!known) return { ok: false, error: 'invalid_url' }
  if (Date.now() - known.madeAt > lifeMs) return { ok: false, error: 'expired_url' }
  if (++known.uses > mostUses) return { ok: false, error: 'used_url' }
  try {
    const original = findMessage(state, known.channel, known.messageTs)
    if (isTrue(args['delete_original'])) {
      if (original) original.deleted = true
      return { ok: true }
    }
    answer(known, original && isTrue(args['replace_original']) ? original : undefined, args, context)
    return { ok: true }
  } catch (error) {
    if (error instanceof SlackRefusal) return { ok: false, error: error.code }
    throw error
  }
}

function answer(
  { userId, channel, threadTs }: ResponseUrl,
  original: ReturnType<typeof findMessage>,
  args: Args,
  context: MethodContext,
): void {
  const content = contentOf(args, context)
  if (original) {
    Object.assign(original, { text: content.text, blocks: content.blocks })
    return look(original)
  }
  const forAll = args['response_type'] === 'in_channel'
  const message = addMessage(context.state, {
    ...content,
    channel,
    user: context.state.botUserId,
    threadTs: typeof args['thread_ts'] === 'string' ? args['thread_ts'] : threadTs,
    ...(forAll ? {} : { onlyFor: userId }),
  })
  message.pings = pingsIn(message)
  if (forAll) broadcast(context, message)
}

const isTrue = (value: unknown): boolean => value === true || value === 'true'
