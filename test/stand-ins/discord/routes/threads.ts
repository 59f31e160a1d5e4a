import { putMessage } from '../messages.ts'
import { nothing, ok, type Handler } from '../request.ts'
import type { RoutePattern } from '../route-patterns.ts'
import { openThread, postInForum, threadFrom } from '../threads.ts'
import { channelTypes, messageTypes, type MessageBody } from '../wire.ts'
import { ApiError, channelOf, messageOf, type World } from '../world.ts'

interface ThreadBody {
  readonly name: string
  readonly type?: number
  readonly message?: MessageBody
}

/** Threads: from messages, in forums, and who is in them. */
export function threadRoutes(world: World) {
  return {
    'POST /channels/{channel_id}/messages/{message_id}/threads': ({ params, body }) => {
      const parent = channelOf(world, params['channel_id']!)
      const stored = messageOf(world, parent.id, params['message_id']!)
      return { status: 201, body: threadFrom(world, stored, parent, (body as ThreadBody).name, world.bot) }
    },
    'POST /channels/{channel_id}/threads': ({ params, body, files }) => {
      const parent = channelOf(world, params['channel_id']!)
      const { name, type, message } = body as ThreadBody
      if (parent.type === channelTypes.forum) {
        if (!message) throw new ApiError(400, 50035, 'Invalid Form Body: message: This field is required')
        const { thread, first } = postInForum(world, parent, name, world.bot, message, files)
        return { status: 201, body: { ...thread, message: first.wire } }
      }
      const isPrivate = (type ?? channelTypes.privateThread) === channelTypes.privateThread
      const thread = openThread(world, { parent, name, owner: world.bot, isPrivate })
      const reference = { type: 0, message_id: thread.id, channel_id: thread.id, guild_id: parent.guild_id! }
      const extra = { type: messageTypes.threadCreated, message_reference: reference }
      if (!isPrivate) putMessage(world, { channel: parent, author: world.bot, body: { content: name }, extra })
      return { status: 201, body: thread }
    },
    'GET /channels/{channel_id}/thread-members': ({ params }) => {
      channelOf(world, params['channel_id']!)
      return ok([])
    },
    'PUT /channels/{channel_id}/thread-members/@me': ({ params }) => {
      channelOf(world, params['channel_id']!)
      return nothing
    },
    'PUT /channels/{channel_id}/thread-members/{user_id}': ({ params }) => {
      channelOf(world, params['channel_id']!)
      return nothing
    },
  } satisfies Partial<Record<RoutePattern, Handler>>
}
