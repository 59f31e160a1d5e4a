import { DiscordjsError, GatewayCloseCodes } from 'discord.js'
import { statusOf } from './rest-errors.ts'

/** The gateway closed for good, with this code. */
export class GatewayClosed extends Error {
  override readonly name = 'GatewayClosed'
  readonly code: number

  constructor(code: number) {
    super(`Discord closed the connection with code ${code}`)
    this.code = code
  }
}

/**
 * Why there is no connection. token, setup: nothing helps but a person, so it is tried again rarely. intents: it is tried
 * again without the privileged intent. network: it is tried again soon.
 */
export interface ConnectionProblem {
  readonly kind: 'token' | 'setup' | 'intents' | 'network'
  /** A sentence for the operator, without secrets. */
  readonly sentence: string
}

const sentences = {
  token: 'Discord does not accept the token: copy it anew from the Bot page of your application into DISCORD_TOKEN.',
  intents:
    'The Message Content intent is not switched on: allow it on the Bot page of your application, or set LLMGA_DISCORD_MESSAGE_CONTENT to false.',
} as const

/** What an error of connecting means. */
export function problemOf(error: unknown): ConnectionProblem {
  if (isTokenError(error)) return { kind: 'token', sentence: sentences.token }
  const code = error instanceof GatewayClosed ? error.code : undefined
  if (code === GatewayCloseCodes.DisallowedIntents) return { kind: 'intents', sentence: sentences.intents }
  const text = error instanceof Error ? error.message : String(error)
  if (code !== undefined) return { kind: 'setup', sentence: `${text}; look it up in Discord's list of close codes.` }
  return { kind: 'network', sentence: `Discord cannot be reached (${text}); it is tried again.` }
}

const authenticationFailed: number = GatewayCloseCodes.AuthenticationFailed

const isTokenError = (error: unknown): boolean =>
  (error instanceof GatewayClosed && error.code === authenticationFailed) ||
  (error instanceof DiscordjsError && String(error.code) === 'TokenInvalid') ||
  statusOf(error) === 401
