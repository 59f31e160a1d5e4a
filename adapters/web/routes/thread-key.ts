import { AppError } from '../../../src/contract/errors.ts'
import type { ThreadKey } from '../../../src/contract/thread.ts'
import type { WebContext } from '../env.ts'

export const webPlatform = 'web'

/**
 * The thread that a path names. The person is part of the key, so nobody can name another person's thread.
 * Throws AppError('input/not-found') for what cannot be an id.
 */
export function threadKeyOf(c: WebContext): ThreadKey {
  const threadId = c.req.param('threadId') ?? ''
  if (!/^[\w-]{1,64}$/.test(threadId)) throw threadNotFound()
  return { platform: webPlatform, workspaceId: '', channelId: c.get('person').id, threadId }
}

export const threadNotFound = (): AppError =>
  new AppError('input/not-found', {
    message: 'There is no such thread.',
    hint: 'Choose one from the list, or start a new one.',
  })
