import { acknowledge, byToken, interactionTypes, type Interaction, type Interactions } from '../interactions.ts'
import { changeMessage, putMessage, removeMessage } from '../messages.ts'
import { nothing, ok, type ApiRequest, type Handler } from '../request.ts'
import type { RoutePattern } from '../route-patterns.ts'
import { messageFlags, messageTypes, type MessageBody, type UploadedFile, type WireMessage } from '../wire.ts'
import { ApiError, channelOf, type StoredMessage, type World } from '../world.ts'

interface CallbackBody {
  readonly type: number
  readonly data?: MessageBody & NonNullable<Interaction['modal']>
}

const callbacks = { message: 4, thinking: 5, silent: 6, update: 7, form: 9 } as const

/** Answers to interactions, and what follows them by their tokens. */
export function interactionRoutes(world: World, interactions: Interactions) {
  /** Posts an answer in the channel of an interaction. */
  function post(interaction: Interaction, body: MessageBody, files: readonly UploadedFile[], flags = 0) {
    const channel = channelOf(world, interaction.channelId)
    const isPrivate = ((body.flags ?? 0) & messageFlags.ephemeral) !== 0
    const first = interaction.reply === undefined
    const commandType = interaction.commandType === 1 ? messageTypes.command : messageTypes.menu
    const { id, type, user } = interaction
    const extra: Partial<WireMessage> = {
      application_id: world.applicationId,
      webhook_id: world.applicationId,
      interaction_metadata: { id, type, user, authorizing_integration_owners: {} },
      ...(first && type === interactionTypes.command && { type: commandType }),
      flags,
    }
    const onlyFor = isPrivate ? { onlyFor: interaction.user.id } : {}
    return putMessage(world, { channel, author: world.bot, body, files, extra, ...onlyFor })
  }

  function callback({ params, body, files, query }: ApiRequest) {
    const { type, data } = body as CallbackBody
    const interaction = acknowledge(interactions, params['interaction_id']!, params['interaction_token']!, type)
    if (type === callbacks.message) interaction.reply = post(interaction, data ?? {}, files)
    else if (type === callbacks.thinking) interaction.reply = post(interaction, data ?? {}, [], messageFlags.loading)
    else if (type === callbacks.form) interaction.modal = data!
    else if (type === callbacks.silent || type === callbacks.update) {
      if (!interaction.source) throw new ApiError(400, 50035, 'Invalid Form Body: this is no component')
      interaction.reply = interaction.source
      if (type === callbacks.update) changeMessage(world, interaction.source, data ?? {}, files)
    }
    if (query.get('with_response') !== 'true') return nothing
    const message = type === callbacks.form ? undefined : interaction.reply?.wire
    return ok({ interaction: { id: interaction.id, type: interaction.type }, resource: { type, message } })
  }

  function followUp({ params, body, files }: ApiRequest) {
    const interaction = byToken(interactions, params['webhook_token']!)
    if (interaction.acknowledgedAt === undefined) throw new ApiError(404, 10015, 'Unknown Webhook')
    const stored = post(interaction, body as MessageBody, files)
    interaction.followUps.push(stored)
    return ok(stored.wire)
  }

  /** The message that a webhook route names. Throws ApiError 10008. */
  function named(params: ApiRequest['params']): StoredMessage {
    const { reply, followUps } = byToken(interactions, params['webhook_token']!)
    const wanted = params['message_id']
    const found = wanted === undefined ? reply : [reply, ...followUps].find((one) => one?.wire.id === wanted)
    if (!found || found.deleted) throw new ApiError(404, 10008, 'Unknown Message')
    return found
  }

  const get: Handler = ({ params }) => ok(named(params).wire)
  const patch: Handler = ({ params, body, files }) =>
    ok(changeMessage(world, named(params), body as MessageBody, files).wire)
  const remove: Handler = ({ params }) => {
    removeMessage(world, named(params))
    return nothing
  }
  return {
    'POST /interactions/{interaction_id}/{interaction_token}/callback': callback,
    'POST /webhooks/{webhook_id}/{webhook_token}': followUp,
    'GET /webhooks/{webhook_id}/{webhook_token}/messages/@original': get,
    'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original': patch,
    'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original': remove,
    'GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}': get,
    'PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}': patch,
    'DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}': remove,
  } satisfies Partial<Record<RoutePattern, Handler>>
}
