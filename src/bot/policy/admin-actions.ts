/** What admins may do about a place. */
export const adminActions = [
  'status',
  'usage',
  'pause',
  'resume',
  'drain',
  'ban',
  'unban',
  'nsfw',
  'press',
  'limits',
] as const
export type AdminAction = (typeof adminActions)[number]
