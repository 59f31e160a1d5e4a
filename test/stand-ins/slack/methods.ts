import type { Args, JsonObject } from './json.ts'
import type { SlackState } from './state.ts'
import { assistantMethods } from './methods-assistant.ts'
import { chatMethods } from './methods-chat.ts'
import { conversationMethods } from './methods-conversations.ts'
import { fileMethods } from './methods-files.ts'
import { streamMethods } from './methods-streams.ts'
import { viewMethods } from './methods-views.ts'

/** What a method works with. */
export interface MethodContext {
  readonly state: SlackState
  /** Where the stand-in listens: "http://127.0.0.1:1234". */
  readonly base: string
  /** How often files.info says that an uploaded file is not finished. */
  readonly filePolls: number
  /** Tells the bot of something that happened in a channel, as its event subscriptions do. */
  readonly tell: (teamId: string, event: JsonObject) => void
}

/** A method of the Web API. Returns the answer without `ok`; throws SlackRefusal. */
export type Method = (args: Args, context: MethodContext) => JsonObject

/** Everything that a bot token may call. */
export const methods: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...streamMethods,
  ...conversationMethods,
  ...fileMethods,
  ...viewMethods,
  ...assistantMethods,
}
