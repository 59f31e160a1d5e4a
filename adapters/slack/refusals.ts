import { SurfaceError } from '../chat/surface.ts'
import { httpStatus, retryAfterSeconds, slackCode } from './web-client.ts'

/** What Slack says when the message, thread or channel is not there any more, or closed to the bot. */
const goneCodes: readonly string[] = [
  ...['channel_not_found', 'not_in_channel', 'is_archived', 'message_not_found', 'thread_not_found'],
  ...['cant_update_message', 'cant_delete_message', 'edit_window_closed', 'is_inactive', 'user_not_found'],
  ...[
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_locked',
    'messages_tab_disabled',
  ],
  ...['team_access_not_granted', 'cannot_dm_bot', 'user_disabled'],
]

/** The token is refused altogether. */
const tokenCodes: readonly string[] = [
  ...['invalid_auth', 'token_expired', 'token_revoked', 'account_inactive', 'not_authed', 'org_login_required'],
]
export const isTokenRefused = (error: unknown): boolean => tokenCodes.includes(slackCode(error) ?? '')

/** An admin has to do something, and the reply can wait for that. */
const adminCodes = [...tokenCodes, 'missing_scope', 'not_allowed_token_type', 'access_denied', 'no_permission']

/** The message is not taken as it is. */
const refusedCodes: readonly string[] = [
  ...['msg_too_long', 'msg_blocks_too_long', 'invalid_blocks', 'invalid_blocks_format', 'no_text', 'invalid_arguments'],
  ...['invalid_metadata_format', 'metadata_too_large', 'file_upload_size_restricted', 'storage_limit_reached'],
  ...['file_not_found', 'alt_txt_too_large', 'posting_to_general_channel_denied'],
]

const tokenPauseMs = 60_000
const pauseMs = 1000

/** Why Slack did not do it, as the poster wants to know it. */
export function surfaceError(error: unknown): SurfaceError {
  if (error instanceof SurfaceError) return error
  const code = slackCode(error)
  const said = error instanceof Error ? error.message : String(error)
  const seconds = retryAfterSeconds(error)
  if (seconds !== undefined) return new SurfaceError('later', said, { retryAfterMs: seconds * 1000, cause: error })
  if (httpStatus(error) === 413) return new SurfaceError('refused', said, { cause: error })
  if (code !== undefined && goneCodes.includes(code)) return new SurfaceError('gone', said, { cause: error })
  if (code !== undefined && refusedCodes.includes(code)) return new SurfaceError('refused', said, { cause: error })
  const retryAfterMs = code !== undefined && adminCodes.includes(code) ? tokenPauseMs : pauseMs
  return new SurfaceError('later', said, { retryAfterMs, cause: error })
}

/** Runs a request of a message; what Slack answers instead comes as a `SurfaceError`. */
export async function asked<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw surfaceError(error)
  }
}
