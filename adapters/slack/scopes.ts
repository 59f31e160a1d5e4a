/** Every method of Slack's Web API that the adapter calls, with the scope that it needs; '' for none. */
export const methodScopes = {
  'auth.test': '',
  'assistant.threads.setStatus': 'assistant:write',
  'assistant.threads.setSuggestedPrompts': 'assistant:write',
  'chat.appendStream': 'chat:write',
  'chat.delete': 'chat:write',
  'chat.postEphemeral': 'chat:write',
  'chat.postMessage': 'chat:write',
  'chat.startStream': 'chat:write',
  'chat.stopStream': 'chat:write',
  'chat.update': 'chat:write',
  'conversations.history': 'im:history',
  'conversations.open': 'im:write',
  'conversations.replies': 'channels:history',
  'files.completeUploadExternal': 'files:write',
  'files.delete': 'files:write',
  'files.getUploadURLExternal': 'files:write',
  'files.info': 'files:read',
  'users.info': 'users:read',
  'views.open': '',
} as const

/** Kinds of events, with the scope that each needs. */
export const eventScopes = {
  app_mention: 'app_mentions:read',
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
  'message.im': 'im:history',
  'message.mpim': 'mpim:history',
  assistant_thread_started: 'assistant:write',
  assistant_thread_context_changed: 'assistant:write',
} as const

/** What commands and shortcuts need. */
const commandScope = 'commands'

/** The scopes of the bot's token, in order. */
export const botScopes: readonly string[] = [
  ...new Set([...Object.values(methodScopes), ...Object.values(eventScopes), commandScope]),
]
  .filter((scope) => scope !== '')
  .toSorted()

/** The scope of the app-level token, for Socket Mode. */
export const appScope = 'connections:write'
