import type { Refusal } from '../refusal.ts'

interface Limit {
  readonly limit: number
}
interface DayLimit extends Limit {
  /** Until the day ends. */
  readonly minutes: number
}

const inTime = (minutes: number) =>
  minutes < 90 ? `in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}` : `in ${Math.round(minutes / 60)} hours`
const tomorrow = (minutes: number) => `It goes on at 00:00 UTC, ${inTime(minutes)}.`

/** What the rules of a place refuse. */
export const policyRefusals = {
  pressNeedsAuthor: () => ({
    message: 'that is for the person who asked for it, for whoever started this thread, and for admins',
    hint: 'Ask for a picture of your own, and use its buttons.',
  }),
  pressNeedsAdmin: () => ({
    message: 'only admins may do that here',
    hint: 'Ask an admin, or ask for a picture in your own words.',
  }),
  adminsOnly: () => ({ message: '/admin is for admins alone', hint: 'Ask somebody who may manage this place.' }),
  channelNeedsAdmin: () => ({
    message: 'only admins may change the settings of a channel',
    hint: 'Set them for this thread (--for thread) or for yourself (--for person).',
  }),
  adminNeedsPerson: ({ action }: { readonly action: string }) => ({
    message: `whom /admin ${action} is about is not said`,
    hint: `Name the person by their id: /admin ${action} --person 123.`,
  }),
  banned: () => ({
    message: 'an admin has decided that you may not use the bot here',
    hint: 'Ask them about it; /forget still deletes what is kept of you.',
  }),
  paused: () => ({
    message: 'the bot is paused here: it takes nothing new for now',
    hint: 'Try again when an admin has resumed it.',
  }),
  drained: () => ({
    message: 'the bot finishes what it has begun here and takes nothing new',
    hint: 'Try again when an admin has resumed it.',
  }),
  tooManyJobsToday: ({ limit, minutes }: DayLimit) => ({
    message: `you have had the ${limit} jobs that one person may have in a day`,
    hint: tomorrow(minutes),
  }),
  serverTooManyJobs: ({ open, limit }: Limit & { readonly open: number }) => ({
    message: `${open} jobs of this server wait or run, and ${limit} are allowed`,
    hint: 'It goes on as soon as one of them has ended: try again in a minute.',
  }),
  serverTooManyJobsToday: ({ limit, minutes }: DayLimit) => ({
    message: `this server has had the ${limit} jobs that it may have in a day`,
    hint: tomorrow(minutes),
  }),
  nothingOfYours: () => ({
    message: 'nothing that you asked for is going on in this thread',
    hint: 'What others asked for they stop themselves, or an admin does.',
  }),
} as const satisfies Readonly<Record<string, (values: never) => Refusal>>
