import { DiscordAPIError, HTTPError, RateLimitError, RESTJSONErrorCodes } from 'discord.js'
import { SurfaceError } from '../chat/surface.ts'

/** Discord's code for why it refused; undefined when there was no answer. */
export const discordCode = (error: unknown): number | undefined =>
  error instanceof DiscordAPIError ? Number(error.code) : undefined

/** The HTTP status of an answer that was an error; undefined when there was none. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : undefined

export const isTooLarge = (error: unknown): boolean =>
  statusOf(error) === 413 || discordCode(error) === RESTJSONErrorCodes.RequestEntityTooLarge

export const isUnknownChannel = (error: unknown): boolean => discordCode(error) === RESTJSONErrorCodes.UnknownChannel

export const isArchived = (error: unknown): boolean =>
  discordCode(error) === RESTJSONErrorCodes.InvalidActionOnArchivedThread

export const isMissingPermission = (error: unknown): boolean =>
  discordCode(error) === RESTJSONErrorCodes.MissingPermissions

/** An error of a request as what became of the message. Messages of errors carry no token: Discord's paths have none here. */
export function asSurfaceError(error: unknown): SurfaceError {
  if (error instanceof SurfaceError) return error
  const status = statusOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof RateLimitError)
    return new SurfaceError('later', text, { retryAfterMs: error.retryAfter, cause: error })
  if (status === 404 || status === 403) return new SurfaceError('gone', text, { cause: error })
  if (status === 400 || status === 413) return new SurfaceError('refused', text, { cause: error })
  return new SurfaceError('later', text, { retryAfterMs: 1000, cause: error })
}

/** Runs a request; throws SurfaceError. */
export async function onSurface<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    throw asSurfaceError(error)
  }
}
